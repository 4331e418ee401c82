import { expect, it } from "vitest";
import { parseConfig } from "../../lib/config.ts";
import { actionsCalledBy } from "../support/code-calls.ts";
import { grantsOf } from "../support/grants.ts";
import { lint } from "../support/lint.ts";
import { synthesise, synthesiseConfig, synthesiseGpuStage } from "../support/stages.ts";

const gpu = synthesiseGpuStage();
const lambda = (name: string, stage = gpu) => {
  const all = stage.resources("AWS::Lambda::Function");
  const [, { Properties } = { Properties: {} }] =
    all.find(([, { Properties }]) => Properties.FunctionName?.endsWith(`-${name}`)) ?? [];
  return Properties;
};
const [roleId = ""] = gpu.resources("AWS::IAM::Role").find(([id]) => id.startsWith("SageMakerTrainerRole")) ?? [];

it("is nothing at all in a stage whose file does not have it", () => {
  for (const stage of ["local", "dev", "prod"]) {
    const resources = Object.entries<{ Type: string }>(synthesise(stage).template("pipeline").toJSON().Resources);
    // Its definition has the strategy; the first state rejects it.
    const others = resources.filter(([, { Type }]) => Type !== "AWS::StepFunctions::StateMachine");
    expect(others.filter((resource) => /sagemaker/i.test(JSON.stringify(resource)))).toEqual([]);
    expect(lambda("validate-input", synthesise(stage)).Environment.Variables.STRATEGIES).toBe("ecs,kaggle");
  }
});

it("adds nothing that is paid while it idles: a role, a rule, and no resource of SageMaker", () => {
  const types = (stage: typeof gpu) =>
    Object.values<{ Type: string }>(stage.template("pipeline").toJSON().Resources).map(({ Type }) => Type);
  const plain = synthesiseConfig(parseConfig({ stage: "gpu" }, "test"));
  const before = types(plain);
  const added = types(gpu).filter((type) => {
    const at = before.indexOf(type);
    if (at >= 0) before.splice(at, 1);
    return at < 0;
  });
  expect(added.sort()).toEqual(["AWS::Events::Rule", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::Lambda::Permission"]);
});

it("lets an execution ask for it", () => {
  expect(lambda("validate-input").Environment.Variables.STRATEGIES).toBe("ecs,kaggle,sagemaker");
});

it("tells start-training everything that a job is made of, and nothing secret", () => {
  expect(lambda("start-training").Environment.Variables).toMatchObject({
    SAGEMAKER_JOB_PREFIX: "avocado-gpu-",
    SAGEMAKER_INSTANCE_TYPE: "ml.g4dn.xlarge",
    SAGEMAKER_SPOT: "false",
    SAGEMAKER_MAX_SECONDS: "21600",
    SAGEMAKER_VOLUME_GIGABYTES: "50",
    SAGEMAKER_WEIGHTS: "imagenet",
    SAGEMAKER_TAGS: '{"project":"avocado","stage":"gpu"}',
    SAGEMAKER_ROLE: { "Fn::GetAtt": [roleId, "Arn"] },
    SAGEMAKER_IMAGE: { "Fn::Sub": expect.stringMatching(/dkr\.ecr\./) },
  });
  expect(lambda("start-training").Environment.Variables).not.toHaveProperty("AWS_ENDPOINT_URL_SAGEMAKER");
});

it.each(["start-training", "trainer-stopped"])("allows %s exactly what its code calls, the queue aside", (name) => {
  const role = lambda(name).Role["Fn::GetAtt"][0];
  const allowed = [...new Set(grantsOf(gpu, role).map(({ action }) => action))].filter((a) => !a.startsWith("logs:"));
  const called = actionsCalledBy(`lambdas/${name}/handler.ts`).filter((action) => !action.startsWith("sqs:"));
  expect(allowed.sort()).toEqual(called);
});

it("lets start-training hand out the jobs' role to SageMaker alone", () => {
  const passes = gpu
    .resources("AWS::IAM::Policy")
    .filter(([id]) => id.startsWith("StepsStartTraining"))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .filter(({ Action, Resource }) => Action === "iam:PassRole" && JSON.stringify(Resource).includes(roleId));
  expect(passes).toMatchObject([{ Condition: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } } }]);
});

it("gives a job what the trainer calls and what SageMaker does for it, and no more", () => {
  const shown = grantsOf(gpu, roleId).map(
    ({ action, resource }) => `${action} ${resource.replace(/^arn:<Partition>:/, "")}`,
  );
  const data = "s3:::avocado-gpu-data-<AccountId>-<Region>";
  const logs = "logs:<Region>:<AccountId>:log-group:/aws/sagemaker/TrainingJobs";
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as CloudFormation has it
  const images = '<{"Fn::Sub":"cdk-hnb659fds-container-assets-${AWS::AccountId}-${AWS::Region}"}>';
  const machine = "states:<Region>:<AccountId>:stateMachine:avocado-gpu-retraining";
  expect(shown.sort()).toEqual(
    [
      `s3:GetObject ${data}/datasets/*`,
      `s3:GetObject ${data}/training/*`,
      `s3:ListBucket ${data}`,
      `s3:PutObject ${data}/training/*`,
      `states:SendTaskSuccess ${machine}`,
      `states:SendTaskHeartbeat ${machine}`,
      ...["CreateLogGroup", "DescribeLogStreams"].flatMap((action) => [
        `logs:${action} ${logs}`,
        `logs:${action} ${logs}:*`,
      ]),
      `logs:CreateLogStream ${logs}:log-stream:avocado-gpu-*`,
      `logs:PutLogEvents ${logs}:log-stream:avocado-gpu-*`,
      "cloudwatch:PutMetricData *",
      "ecr:GetAuthorizationToken *",
      ...["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"].map(
        (action) => `ecr:${action} ecr:<Region>:<AccountId>:repository/${images}`,
      ),
    ].sort(),
  );
});

it("reports a job of this stage that failed or was stopped to the Lambda that fails its state", () => {
  const rules = gpu
    .resources("AWS::Events::Rule")
    .filter(([, { Properties }]) => Properties.EventPattern?.source?.[0] === "aws.sagemaker");
  expect(rules).toHaveLength(1);
  expect(rules[0]?.[1].Properties).toMatchObject({
    EventPattern: {
      "detail-type": ["SageMaker Training Job State Change"],
      detail: { TrainingJobName: [{ prefix: "avocado-gpu-" }], TrainingJobStatus: ["Failed", "Stopped"] },
    },
    Targets: [{ Arn: { "Fn::GetAtt": [expect.stringMatching(/^TrainerStoppedRuleTrainerStopped/), "Arn"] } }],
  });
});

it("may take an image of one's own, and pulls that repository alone", () => {
  const image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/trainer:1.2";
  const stage = synthesiseConfig(parseConfig({ stage: "gpu", sagemaker: { image, spot: true } }, "test"));
  const variables = lambda("start-training", stage).Environment.Variables;
  expect(variables).toMatchObject({ SAGEMAKER_IMAGE: image, SAGEMAKER_SPOT: "true" });
  const pulls = grantsOf(stage, roleId).filter(({ action }) => action === "ecr:BatchGetImage");
  expect(pulls.map(({ resource }) => resource)).toEqual([
    "arn:<Partition>:ecr:us-east-1:123456789012:repository/team/trainer",
  ]);
});

it("cfn-lint finds nothing in its template", async () => {
  expect(await lint({ pipeline: gpu.template("pipeline").toJSON() })).toBe("");
});
