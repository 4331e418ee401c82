import { ApiGatewayV2Client } from "@aws-sdk/client-apigatewayv2";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { StartServerOptions } from "../../../core/mlflow/start-server.ts";
import { idsOf, readStacks, type StageStacks, stackPermissions } from "../stage/stacks.ts";
import { checkStackStates } from "./account/stack-states.ts";
import { unanswered } from "./ask.ts";
import { checkBucket, checkDatabase } from "./deployed/data.ts";
import { checkDryRun } from "./deployed/dry-run.ts";
import { checkAlarms, checkSubscriptions } from "./deployed/monitoring.ts";
import { checkMlflow } from "./deployed/registry.ts";
import { checkApi, checkVpcLink } from "./deployed/serving.ts";
import { checkTask, checkTrainerNetwork } from "./deployed/trainer.ts";
import { checkDeadLetters, checkRules, checkSchedule } from "./deployed/triggers.ts";
import type { Finding, Section } from "./finding.ts";

/** A deployed stage, as its links are tried. */
export interface DeployedStage {
  stage: string;
  /** Address of the API for its clients (default: as the stacks say). */
  apiUrl?: string;
  /** How MLflow is reached, and started where it may be scaled to zero. */
  connectMlflow(): Promise<StartServerOptions>;
  /** Called with what takes a while. */
  onWait(text: string): void;
}

const needed = ["RawBucket", "DataBucket", "ArtifactBucket", "StateMachineArn"];

/** Tries each link of a deployed stage with a real call. Only small objects below `doctor/` and a dry run come and go. */
export async function examineDeployed(deployed: DeployedStage): Promise<Section[]> {
  const { stage } = deployed;
  let stacks: StageStacks;
  try {
    stacks = await readStacks(new CloudFormationClient(), stage);
  } catch (error) {
    return [{ title: "Stacks", findings: [unanswered("stacks", stackPermissions, error)] }];
  }
  const missing = needed.filter((name) => !stacks.outputs[name]);
  const title = "Stacks";
  if (missing.length > 0) {
    const found = `not deployed, or not whole: the outputs ${missing.join(", ")} are missing`;
    const broken = checkStackStates(stacks.stacks).filter(({ state }) => state !== "ok");
    return [{ title, findings: [{ check: "stacks", state: "missing", found, advice: deploy(stage) }, ...broken] }];
  }
  return [
    { title, findings: checkStackStates(stacks.stacks) },
    { title: "Serving", findings: await examineServing(deployed, stacks) },
    { title: "Data", findings: await examineData(deployed, stacks) },
    { title: "Pipeline", findings: await examinePipeline(deployed, stacks) },
    { title: "Monitoring", findings: await examineMonitoring(stage, stacks) },
  ];
}

function deploy(stage: string): string {
  return stage === "local" ? "npm start" : `npx cdk deploy --all -c stage=${stage}`;
}

function examineServing({ stage, apiUrl }: DeployedStage, stacks: StageStacks): Promise<Finding[]> {
  const { PublicUrl, ApiUrl = "" } = stacks.outputs;
  const links = idsOf(stacks, "AWS::ApiGatewayV2::VpcLink");
  return Promise.all([
    checkApi(fetch, apiUrl ?? PublicUrl ?? ApiUrl, stage),
    ...links.map((id) => checkVpcLink(new ApiGatewayV2Client(), id)),
  ]);
}

async function examineData({ stage, connectMlflow, onWait }: DeployedStage, stacks: StageStacks): Promise<Finding[]> {
  const { RawBucket = "", DataBucket = "", ArtifactBucket = "" } = stacks.outputs;
  const s3 = new S3Client();
  const buckets = await Promise.all([RawBucket, DataBucket, ArtifactBucket].map((name) => checkBucket(s3, name)));
  onWait("Asking the database, which starts within a minute where it is paused");
  const databases: Finding[] = [];
  for (const cluster of idsOf(stacks, "AWS::RDS::DBCluster"))
    databases.push(await checkDatabase(new RDSClient(), new RDSDataClient(), cluster));
  onWait("Asking MLflow, which starts within some minutes where it is scaled to zero");
  return [...buckets, ...databases, await checkMlflow(await connectMlflow(), stage)];
}

async function examinePipeline({ stage, onWait }: DeployedStage, stacks: StageStacks): Promise<Finding[]> {
  const clients = { ecs: new ECSClient(), ecr: new ECRClient(), iam: new IAMClient() };
  const [starter] = idsOf(stacks, "AWS::Lambda::Function").filter((name) => name.endsWith("-start-training"));
  const tasks = idsOf(stacks, "AWS::ECS::TaskDefinition");
  onWait("A dry run of the state machine");
  const queues = idsOf(stacks, "AWS::SQS::Queue").filter((url) => url.endsWith("-dead-letters"));
  const [schedule] = idsOf(stacks, "AWS::Scheduler::Schedule");
  const findings = await Promise.all([
    checkDryRun(new SFNClient(), stacks.outputs.StateMachineArn ?? ""),
    ...tasks.map((arn) => checkTask(clients, arn.includes("trainer") ? "the trainer" : "MLflow", arn, deploy(stage))),
    ...(starter && tasks.length > 0 ? [checkTrainerNetwork(new EC2Client(), new LambdaClient(), starter)] : []),
    checkSchedule(new SchedulerClient(), schedule),
    checkRules(new EventBridgeClient(), idsOf(stacks, "AWS::Events::Rule")),
    // The emulator's queues call themselves by another host, which is not where they answer.
    checkDeadLetters(new SQSClient({ useQueueUrlAsEndpoint: false }), queues),
  ]);
  onWait("");
  return findings;
}

function examineMonitoring(stage: string, stacks: StageStacks): Promise<Finding[]> {
  const sns = new SNSClient();
  const topics = idsOf(stacks, "AWS::SNS::Topic");
  return Promise.all([
    ...topics.map((topic) => checkSubscriptions(sns, topic, stage)),
    checkAlarms(new CloudWatchClient(), stage),
  ]);
}
