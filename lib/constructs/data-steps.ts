import type { PipelineStepsProps, Steps } from "./step.ts";

/** The steps that check the input, take the lock, and make a dataset of the raw data. */
export function dataSteps({ config, raw, data, sagemaker }: PipelineStepsProps): Steps {
  const environment = { DATA_BUCKET: data.name };
  const locks = { read: ["locks/"], write: ["locks/"] } as const;
  return {
    "validate-input": {
      description: "Checks an execution's input",
      minutes: 0.5,
      memory: 256,
      environment: { ...environment, STRATEGIES: ["ecs", "kaggle", ...(sagemaker ? ["sagemaker"] : [])].join(",") },
    },
    "acquire-lock": {
      description: "Lets one retraining run",
      minutes: 1,
      memory: 256,
      environment,
      data: locks,
      describesExecutions: true,
    },
    "release-lock": {
      description: "Lets the next retraining run",
      minutes: 0.5,
      memory: 256,
      environment,
      data: locks,
    },
    "fetch-data": {
      description: "Reads the raw data once and checks every row",
      minutes: 15,
      memory: 1769,
      environment: {
        ...environment,
        RAW_BUCKET: raw.name,
        ...(config.rawDataSecret && { RAW_DATA_SECRET: config.rawDataSecret }),
      },
      raw: { read: [] },
      data: { read: ["fetched/"], write: ["fetched/"] },
      secret: config.rawDataSecret,
    },
    "find-dataset": {
      description: "Finds the newest dataset",
      minutes: 1,
      memory: 512,
      environment,
      data: { read: ["datasets/"] },
    },
    "plan-dataset": {
      description: "Cuts the fetched photographs into shards",
      minutes: 5,
      memory: 1024,
      environment,
      data: { read: ["fetched/", "datasets/"], write: ["datasets/"] },
    },
    "preprocess-shard": {
      description: "Decodes and resizes a range of photographs",
      minutes: 15,
      memory: 3008,
      environment,
      data: { read: ["fetched/", "datasets/"], write: ["datasets/"] },
    },
    "assemble-dataset": {
      description: "Makes one dataset of the shards",
      minutes: 15,
      memory: 1769,
      environment,
      data: { read: ["datasets/"], write: ["datasets/"] },
    },
  };
}
