/** One change of one setting: from the base, which is what the setting needs around it, to another value. */
export interface SettingCase {
  base?: Record<string, unknown>;
  value: unknown;
}

const region = "us-east-1";
const domain = {
  name: "avocado.example.com",
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/0123abcd",
};
const jwt = { issuer: "https://issuer.example", audience: ["avocado"] };
const schedule = { cron: "0 3 ? * MON *" };

/** A case for each setting; the test fails when `config/stage.schema.json` has one more. */
export const cases: Record<string, SettingCase> = {
  keepData: { value: true },
  "database.maxCapacity": { value: 8 },
  "database.pauseAfterMinutes": { value: 30 },
  "database.backupDays": { value: 14 },
  "registry.cpu": { base: { registry: { memoryMegabytes: 2048 } }, value: 1024 },
  "registry.memoryMegabytes": { value: 2048 },
  "registry.scaleToZeroAfterMinutes": { value: 30 },
  "trainer.cpu": { value: 2048 },
  "trainer.memoryMegabytes": { value: 8192 },
  schedule: { value: schedule },
  "schedule.cron": { base: { schedule }, value: "0 5 ? * TUE *" },
  "schedule.timeZone": { base: { schedule }, value: "Europe/Lisbon" },
  "schedule.input": { base: { schedule }, value: { strategy: "kaggle" } },
  "schedule.succeedWithinDays": { base: { schedule }, value: 8 },
  newData: { value: { quietMinutes: 5 } },
  "newData.quietMinutes": { base: { newData: { quietMinutes: 5 } }, value: 10 },
  domain: { base: { region }, value: domain },
  "domain.name": { base: { region, domain }, value: "ripe.example.com" },
  "domain.certificateArn": { base: { region, domain }, value: `${domain.certificateArn}ef` },
  edge: { base: { region }, value: {} },
  "edge.requestsPerFiveMinutes": { base: { region, edge: {} }, value: 600 },
  corsOrigins: { value: ["https://page.example"] },
  modelName: { value: "other-model" },
  promotionMetric: { value: "mae" },
  "predict.memoryMegabytes": { value: 2048 },
  "predict.architecture": { value: "arm64" },
  "predict.rateLimit": { value: 10 },
  "predict.burstLimit": { value: 20 },
  "predict.jwt": { value: jwt },
  "predict.jwt.issuer": { base: { predict: { jwt } }, value: "https://other.example" },
  "predict.jwt.audience": { base: { predict: { jwt } }, value: ["others"] },
  "predict.provisionedConcurrency": { value: 2 },
  "predict.latencyAlarm.p95Milliseconds": { value: 1000 },
  "predict.latencyAlarm.p99Milliseconds": { value: 5000 },
  "predict.tracing": { value: true },
  rawDataSecret: { value: "avocado/raw-data" },
  "kaggle.baseUrl": { value: "https://kaggle.example" },
  "kaggle.dataset.slug": { value: "other-ripening" },
  "kaggle.dataset.title": { value: "Other ripening" },
  "kaggle.dataset.licence": { value: "CC0-1.0" },
  "kaggle.dataset.keepVersions": { value: false },
  "kaggle.keepKernels": { value: false },
  "kaggle.kernelPrefix": { value: "other-train" },
  "kaggle.gpu": { value: false },
  "kaggle.machineShape": { value: "NvidiaTeslaP100" },
  "kaggle.weights": { value: "none" },
  "kaggle.waitSeconds": { value: 120 },
  "kaggle.datasetTimeoutHours": { value: 3 },
  "kaggle.queueTimeoutHours": { value: 3 },
  "kaggle.runTimeoutHours": { value: 3 },
  "kaggle.tracking": { value: { uri: "https://mlflow.example" } },
  "kaggle.tracking.uri": {
    base: { kaggle: { tracking: { uri: "https://mlflow.example" } } },
    value: "https://other.example",
  },
  sagemaker: { value: {} },
  "sagemaker.instanceType": { base: { sagemaker: {} }, value: "ml.g5.xlarge" },
  "sagemaker.spot": { base: { sagemaker: {} }, value: true },
  "sagemaker.maxHours": { base: { sagemaker: {} }, value: 2 },
  "sagemaker.volumeGigabytes": { base: { sagemaker: {} }, value: 100 },
  "sagemaker.weights": { base: { sagemaker: {} }, value: "none" },
  "sagemaker.image": {
    base: { sagemaker: {} },
    value: "123456789012.dkr.ecr.us-east-1.amazonaws.com/avocado-trainer:1",
  },
  notificationEmails: { value: ["engineer@example.com"] },
  logRetentionDays: { value: 30 },
};

/** Settings without a case, and why. */
export const notCompared: Record<string, string> = {
  $schema: "tells editors where the schema is",
  account: "another account is another deployment",
  region: "another region is another deployment",
  availabilityZones: "chosen before the first deployment: a change replaces the subnets, which hold a database by then",
};
