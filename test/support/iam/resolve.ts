import type { SynthesisedStage } from "../stages.ts";

export const account = "111122223333";
export const region = "us-east-1";

const pseudo: Record<string, string> = {
  "AWS::AccountId": account,
  "AWS::Partition": "aws",
  "AWS::Region": region,
  "AWS::URLSuffix": "amazonaws.com",
};

// biome-ignore lint/suspicious/noExplicitAny: templates have no types
type Json = any;

/** Resources and outputs of all stacks of a stage. Logical ids that two stacks share are told apart by the stack. */
export class ResolvedStage {
  private readonly templates: ReadonlyMap<string, Json>;

  constructor({ stacks, template }: SynthesisedStage) {
    this.templates = new Map(stacks.map(({ node }) => [node.id, template(node.id).toJSON()]));
  }

  /** Resources of a type, their properties resolved with stand-in values of an account. */
  resources(type: string): { id: string; stack: string; properties: Json }[] {
    return [...this.templates].flatMap(([stack, { Resources }]) =>
      Object.entries(Resources as Json)
        .filter(([, resource]: [string, Json]) => resource.Type === type)
        .map(([id, { Properties = {} }]: [string, Json]) => ({
          id,
          stack,
          properties: this.resolve(Properties, stack),
        })),
    );
  }

  /** A value without intrinsic functions. @throws Error for a function that it does not know */
  private resolve(value: Json, stack: string): Json {
    if (Array.isArray(value)) return value.map((one) => this.resolve(one, stack));
    if (typeof value !== "object" || value === null) return value;
    const [[name, input] = ["", undefined], ...others] = Object.entries(value) as [string, Json][];
    if (others.length > 0 || !/^(Ref|Fn::)/.test(name)) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.resolve(one, stack)]));
    }
    if (name === "Ref") return pseudo[input] ?? this.reference(input, stack);
    if (name === "Fn::GetAtt") return this.attribute(input[0], input[1], stack);
    if (name === "Fn::Join") return this.resolve(input[1], stack).join(input[0]);
    if (name === "Fn::Sub") return input.replace(/\$\{([\w:]+)\}/g, (_: string, key: string) => pseudo[key] ?? key);
    if (name === "Fn::ImportValue") return this.imported(input);
    if (name === "Fn::Select") return this.resolve(input[1], stack)[input[0]];
    if (name === "Fn::Split") return this.resolve(input[1], stack).split(input[0]);
    if (name === "Fn::GetAZs") return ["a", "b", "c"].map((zone) => region + zone);
    throw new Error(`${name} is not known: add it to test/support/iam/resolve.ts`);
  }

  private imported(name: string): string {
    for (const [stack, { Outputs = {} }] of this.templates) {
      for (const { Export, Value } of Object.values(Outputs) as Json[]) {
        if (Export?.Name === name) return this.resolve(Value, stack);
      }
    }
    throw new Error(`Nothing exports ${name}`);
  }

  private find(id: string, stack: string): { Type: string; Properties: Json } {
    return this.templates.get(stack)?.Resources[id] ?? { Type: "", Properties: {} };
  }

  /** What `Ref` gives: an ARN for some types, the name for others. */
  private reference(id: string, stack: string): string {
    const { Type, Properties = {} } = this.find(id, stack);
    const named: Record<string, () => string> = {
      "AWS::S3::Bucket": () => this.resolve(Properties.BucketName, stack),
      "AWS::Logs::LogGroup": () => Properties.LogGroupName,
      "AWS::SecretsManager::Secret": () => arn("secretsmanager", `secret:${id}-AbCdEf`),
      "AWS::ECS::TaskDefinition": () => arn("ecs", `task-definition/${Properties.Family}:1`),
      "AWS::StepFunctions::StateMachine": () => arn("states", `stateMachine:${Properties.StateMachineName}`),
      "AWS::SNS::Topic": () => arn("sns", Properties.TopicName),
    };
    return named[Type]?.() ?? id;
  }

  private attribute(id: string, name: string, stack: string): string {
    const { Type, Properties = {} } = this.find(id, stack);
    const arns: Record<string, () => string> = {
      "AWS::Lambda::Function": () => arn("lambda", `function:${Properties.FunctionName}`),
      "AWS::IAM::Role": () => `arn:aws:iam::${account}:role/${id}`,
      "AWS::Logs::LogGroup": () => arn("logs", `log-group:${Properties.LogGroupName}:*`),
      "AWS::SQS::Queue": () => arn("sqs", Properties.QueueName),
      "AWS::Events::Rule": () => arn("events", `rule/${id}`),
      "AWS::ECS::Cluster": () => arn("ecs", `cluster/${Properties.ClusterName}`),
      "AWS::S3::Bucket": () => `arn:aws:s3:::${this.resolve(Properties.BucketName, stack)}`,
    };
    if (name === "Arn" && arns[Type]) return arns[Type]();
    if (name === "MasterUserSecret.SecretArn") return arn("secretsmanager", "secret:rds!cluster-AbCdEf");
    return `${id}.${name}`;
  }
}

/** ARN in the account of the tests. */
export function arn(service: string, rest: string): string {
  return `arn:aws:${service}:${region}:${account}:${rest}`;
}
