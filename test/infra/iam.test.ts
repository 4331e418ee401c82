import { describe, expect, it } from "vitest";
import { inWords } from "../support/grants.ts";
import { type Resource, type SynthesisedStage, stages, synthesise, synthesiseGpuStage } from "../support/stages.ts";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

/** Every wildcard that a role of ours may have, and why. Anything else fails. */
const wildcards: [role: RegExp, action: RegExp, resource: RegExp, reason: string][] = [
  [
    /./,
    /^s3:(GetObject|PutObject)$/,
    /^arn:<Partition>:s3:::avocado-[^*]+\/[a-z]+\/\*$/,
    "objects below a prefix have no names before they are written",
  ],
  [
    /FetchData/,
    /^s3:GetObject$/,
    /^arn:<Partition>:s3:::avocado-\w+-raw[^*]*\/\*$/,
    "people lay raw data where they like in its bucket",
  ],
  [
    /Retraining/,
    /^logs:(\w+LogDelivery|ListLogDeliveries|PutResourcePolicy|Describe(ResourcePolicies|LogGroups))$/,
    /^\*$/,
    "delivery of logs knows no resources",
  ],
  [
    /Retraining|^Role/,
    /^xray:(PutTraceSegments|PutTelemetryRecords|GetSamplingRules|GetSamplingTargets)$/,
    /^\*$/,
    "X-Ray knows no resources",
  ],
  [
    /Retraining/,
    /^states:(Describe|Stop)Execution$/,
    /:execution:avocado-\w+-retraining:\*$/,
    "children of the distributed map get their names when they start",
  ],
  [
    /Retraining/,
    /^states:RedriveExecution$/,
    /:execution:avocado-\w+-retraining\/shards:\*$/,
    "the same, of a map that is run again",
  ],
  [
    /StartTraining|PushKernel|AcquireLock|StartOnNewData/,
    /^states:DescribeExecution$/,
    /:execution:avocado-\w+-retraining:\*$/,
    "asks whether an earlier execution goes on",
  ],
  [
    /^Steps(StartTraining|EvaluateModel|DeployModel|RecordFailure|PushKernel|CollectTraining)|^TrainerTaskTaskRole/,
    /^execute-api:Invoke$/,
    /^arn:<Partition>:execute-api:<Region>:<AccountId>:<[^>]+>\/\$default\/(GET|POST|DELETE)\/api\/2\.0\/mlflow\/\*$/,
    "MLflow's REST API has a path for each of its calls",
  ],
  [
    /^MlflowTaskExecutionRole/,
    /^ecr:GetAuthorizationToken$/,
    /^\*$/,
    "signing in to the registry of images knows no resources",
  ],
  [
    /^TrainerTaskExecutionRole/,
    /^ecr:GetAuthorizationToken$/,
    /^\*$/,
    "signing in to the registry of images knows no resources",
  ],
  [/^StepsStartTraining/, /^ecs:ListTasks$/, /^\*$/, "tasks are listed by cluster, which is a condition"],
  [
    /^(StepsStartTraining|TrainerStoppedRuleTrainerStopped)/,
    /^sagemaker:(CreateTrainingJob|AddTags|DescribeTrainingJob)$/,
    /:training-job\/avocado-\w+-\*$/,
    "training jobs get names when they start",
  ],
  [
    /^SageMakerTrainerRole/,
    /^logs:/,
    /:log-group:\/aws\/sagemaker\/TrainingJobs:(\*|log-stream:avocado-\w+-\*)$/,
    "streams of training jobs get names when they start",
  ],
  [
    /^SageMakerTrainerRole/,
    /^(ecr:GetAuthorizationToken|cloudwatch:PutMetricData)$/,
    /^\*$/,
    "signing in to the registry of images knows no resources; metrics are held to a namespace by a condition",
  ],
  [
    /^StepsStartTraining/,
    /^ecs:(Describe|Tag)(Tasks|Resource)$/,
    /:task\/avocado-\w+-trainer\/\*$/,
    "tasks get names when they start",
  ],
  [/^ScaleToZeroStopIdleRegistry/, /^cloudwatch:GetMetricStatistics$/, /^\*$/, "reading metrics knows no resources"],
];

function statements({ resources }: SynthesisedStage): [id: string, statement: Statement][] {
  const ofPolicy = ([id, { Properties }]: [string, Resource]) =>
    (Properties.PolicyDocument.Statement as Statement[]).map((statement) => [id, statement] as [string, Statement]);
  return resources("AWS::IAM::Policy").flatMap(ofPolicy);
}

const listed = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

function grants(stage: SynthesisedStage, policy: RegExp): string[] {
  return statements(stage)
    .filter(([id]) => policy.test(id))
    .flatMap(([, { Action, Resource }]) =>
      listed(Action).flatMap((action) => listed(Resource).map((resource) => `${action} ${inWords(resource)}`)),
    );
}

const unlistedWildcards = (stage: SynthesisedStage) =>
  statements(stage).flatMap(([id, { Action, Resource }]) =>
    listed(Action).flatMap((action) =>
      listed(Resource)
        .map(inWords)
        .filter((resource) => `${action}${resource}`.includes("*"))
        .filter(
          (resource) =>
            !wildcards.some(([who, what, where]) => who.test(id) && what.test(action) && where.test(resource)),
        )
        .map((resource) => `${id}: ${action} on ${resource}`),
    ),
  );

it("roles of a stage with strategy 'sagemaker' have no wildcard that is not listed with its reason", () => {
  expect(unlistedWildcards(synthesiseGpuStage())).toEqual([]);
});

describe.each(stages)("roles of stage %s", (stage) => {
  it("have no wildcard that is not listed with its reason", () => {
    expect(unlistedWildcards(synthesise(stage))).toEqual([]);
  });

  it("have no managed policy and no policy of their own other than those that are checked", () => {
    for (const [, { Properties }] of synthesise(stage).resources("AWS::IAM::Role")) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
      expect(Properties.Policies).toBeUndefined();
    }
  });

  it("are one for each Lambda", () => {
    const roles = synthesise(stage)
      .resources("AWS::Lambda::Function")
      .map(([, { Properties }]) => JSON.stringify(Properties.Role));
    expect(new Set(roles).size).toBe({ local: 19, dev: 23, prod: 25 }[stage]);
  });

  it("write only below the prefixes of their step", () => {
    const bucket = (purpose: string) =>
      `s3:::avocado-${stage}-${purpose}${stage !== "local" ? "-<AccountId>-<Region>" : ""}`;
    const written = Object.fromEntries(
      [
        "FetchData",
        "PlanDataset",
        "PreprocessShard",
        "AssembleDataset",
        "StartTraining",
        "EvaluateModel",
        "DeployModel",
        "RecordFailure",
        "FindDataset",
        "ValidateInput",
        "AcquireLock",
        "ReleaseLock",
        "UploadDataset",
        "PushKernel",
        "CheckKernel",
        "CollectTraining",
      ].map((name) => [
        name,
        grants(synthesise(stage), new RegExp(`^Steps${name}`))
          .filter((grant) => grant.startsWith("s3:PutObject "))
          .map((grant) => grant.slice("s3:PutObject arn:<Partition>:".length)),
      ]),
    );
    expect(written).toEqual({
      FetchData: [`${bucket("data")}/fetched/*`],
      PlanDataset: [`${bucket("data")}/datasets/*`],
      PreprocessShard: [`${bucket("data")}/datasets/*`],
      AssembleDataset: [`${bucket("data")}/datasets/*`],
      StartTraining: [`${bucket("data")}/training/*`],
      EvaluateModel: [`${bucket("artifacts")}/mlflow/*`],
      DeployModel: [`${bucket("artifacts")}/serving/*`],
      RecordFailure: [],
      FindDataset: [],
      ValidateInput: [],
      AcquireLock: [`${bucket("data")}/locks/*`],
      ReleaseLock: [`${bucket("data")}/locks/*`],
      UploadDataset: [],
      PushKernel: [],
      CheckKernel: [],
      CollectTraining: [`${bucket("artifacts")}/mlflow/*`],
    });
  });

  it("let exactly the steps that speak to Kaggle read its credentials, and no other secret", () => {
    const readers = statements(synthesise(stage)).filter(
      ([id, { Action }]) =>
        id.startsWith("Steps") && listed(Action).some((action) => action.startsWith("secretsmanager:")),
    );
    expect(readers.map(([id]) => id.replace(/RoleDefault.*/, "")).sort()).toEqual([
      "StepsCheckKernel",
      "StepsCollectTraining",
      "StepsPushKernel",
      "StepsUploadDataset",
    ]);
    for (const [, { Action, Resource }] of readers) {
      expect(listed(Action)).toEqual(["secretsmanager:GetSecretValue"]);
      expect(inWords(listed(Resource)[0])).toMatch(/:secret:avocado\/\w+\/kaggle-\?{6}$/);
    }
  });

  it("let the API, which decodes what anybody sends, write uploads alone and nothing of the registry", () => {
    const predict = grants(synthesise(stage), /^(Predict|Role)/);
    const written = predict.filter((grant) => grant.startsWith("s3:PutObject "));
    expect(written).toEqual([expect.stringMatching(/avocado-\w+-data[^/]*\/uploads\/\*$/)]);
    expect(predict.filter((grant) => grant.startsWith("execute-api:"))).toEqual([]);
    expect(predict.filter((grant) => grant.includes("-artifacts"))).not.toContainEqual(
      expect.stringMatching(/\/mlflow\//),
    );
  });

  it("let the API alone have the champion published, by a function that no address leads to", () => {
    const callers = statements(synthesise(stage)).filter(
      ([, { Action, Resource }]) =>
        listed(Action).includes("lambda:InvokeFunction") &&
        listed(Resource).map(inWords).join().includes("PublishChampion"),
    );
    expect(callers.map(([id]) => id)).toEqual([expect.stringMatching(/^(Predict|Role)/)]);
    const permissions = synthesise(stage).resources("AWS::Lambda::Permission");
    expect(JSON.stringify(permissions)).not.toContain("PublishChampion");
    expect(synthesise(stage).resources("AWS::Lambda::Url")).toEqual([]);
  });

  it("let those that only read the registry make exactly their calls", () => {
    const calls = (role: RegExp) =>
      grants(synthesise(stage), role)
        .filter((grant) => grant.startsWith("execute-api:"))
        .map((grant) => grant.replace(/^.*\/\$default\//, ""));
    const alias = "GET/api/2.0/mlflow/registered-models/alias";
    // On a laptop MLflow asks for no identity.
    const signed = stage !== "local";
    expect(calls(/^ChampionMonitorCheck/)).toEqual(signed ? [alias] : []);
    expect(calls(/^PublishChampion/)).toEqual(signed ? [alias, "GET/api/2.0/mlflow/runs/get"] : []);
  });

  it("let nothing but deploy-model have the API reload", () => {
    const invokers = statements(synthesise(stage)).filter(
      ([, { Action, Resource }]) =>
        listed(Action).includes("execute-api:Invoke") &&
        listed(Resource)
          .map(inWords)
          .some((arn) => arn.endsWith("/$default/POST/reload-model")),
    );
    expect(invokers.map(([id]) => id)).toEqual([expect.stringMatching(/^StepsDeployModel/)]);
  });
});
