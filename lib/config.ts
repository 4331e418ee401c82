import { readFileSync } from "node:fs";
import { z } from "zod";

export const stages = ["local", "prod"] as const;
export type Stage = (typeof stages)[number];

/** The days that CloudWatch Logs can keep a log group for, as far as a person would choose them. */
const retentionDays = [7, 14, 30, 60, 90, 180, 365] as const;

const slug = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "small letters, digits and single hyphens only")
  .min(6);

const common = {
  mlflow: z.strictObject({
    /** Address of the MLflow server that the pipeline's steps call. */
    trackingUri: z.url({ protocol: /^https?$/ }),
    auth: z.enum(["none", "sigv4"]),
  }),
  /** What decides a promotion; lower is better. */
  promotionMetric: z.enum(["mse", "mae", "rmse", "maeMeanOfGroups"]).default("mse"),
  predict: z
    .strictObject({
      /** New accounts have at most 3008 MB. */
      memoryMegabytes: z.int().min(512).max(10_240).default(3008),
      architecture: z.enum(["x64", "arm64"]).default("x64"),
      /** Requests per second, and how many at once, before the API answers 429. */
      rateLimit: z.int().min(1).default(50),
      burstLimit: z.int().min(1).default(100),
    })
    .prefault({}),
  /**
   * Name of the Secrets Manager secret that opens raw data elsewhere: `{ endpoint?, region, accessKeyId, secretAccessKey }`.
   * Without it raw data comes from the raw bucket alone.
   */
  rawDataSecret: z
    .string()
    .regex(/^[\w/+=.@-]{1,256}$/, "not the name of a secret")
    .optional(),
  kaggle: z
    .strictObject({
      /** Address of Kaggle's API, without `/v1`. */
      baseUrl: z.url({ protocol: /^https?$/ }).default("https://api.kaggle.com"),
      /** The data set on Kaggle that keeps the prepared photographs, one version for each of theirs. */
      dataset: z
        .strictObject({
          slug: slug.max(50).default("avocado-ripening"),
          title: z.string().min(6).max(50).default("Avocado ripening"),
          licence: z.string().min(1).default("other"),
        })
        .prefault({}),
      /** Kernels are named by it and by their run. */
      kernelPrefix: slug.max(37).default("avocado-train"),
      /** Which GPU, as Kaggle names them. */
      machineShape: z.string().min(1).default("NvidiaTeslaT4"),
      /** What the backbone begins with; `none` learns from scratch. */
      weights: z.enum(["imagenet", "none"]).default("imagenet"),
      /** Between two looks at a data set or a kernel. */
      waitSeconds: z.int().min(1).max(3600).default(60),
      /** After which waiting is given up: for a data set, for a kernel to begin, and for it to end. */
      datasetPatienceHours: z.number().positive().max(24).default(2),
      queuePatienceHours: z.number().positive().max(24).default(6),
      /** Kaggle itself ends kernels after 12 hours. */
      runPatienceHours: z.number().positive().max(12).default(12),
      /** An MLflow that kernels can reach and report to while they train. */
      tracking: z
        .strictObject({ uri: z.url(), username: z.string().default(""), password: z.string().default("") })
        .optional(),
    })
    .prefault({}),
  /** Told of every retraining: promoted or not and why, or what failed. */
  notificationEmails: z.array(z.email()).max(20).default([]),
  logRetentionDays: z.literal(retentionDays).default(90),
};

const stageConfig = z.discriminatedUnion("stage", [
  z.strictObject({
    stage: z.literal("local"),
    /** Where the AWS services of the local stack answer. */
    endpoint: z.url({ protocol: /^https?$/ }),
    ...common,
  }),
  z.strictObject({
    stage: z.literal("prod"),
    /** Default: whatever account and region the command line is signed in to. */
    account: z
      .string()
      .regex(/^\d{12}$/, "an account number has 12 digits")
      .optional(),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "not the name of a region")
      .optional(),
    ...common,
  }),
]);

/** Everything in which stages differ. */
export type StageConfig = z.infer<typeof stageConfig>;

/**
 * Checks a stage's configuration and fills in the defaults.
 * @throws Error naming every wrong value at once
 */
export function parseConfig(value: unknown, source: string): StageConfig {
  const parsed = stageConfig.safeParse(value);
  if (!parsed.success) throw new Error(`${source} is wrong:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/**
 * Reads `config/<stage>.json`. In stage `local`, whose servers may move between runs, their addresses can come from the environment:
 * AVOCADO_LOCAL_ENDPOINT, AVOCADO_MLFLOW_URL, and AVOCADO_KAGGLE, which is JSON that replaces settings of `kaggle`.
 * @throws Error naming every wrong value at once
 */
export function readConfig(stage: unknown, environment: NodeJS.ProcessEnv = process.env): StageConfig {
  if (!stages.includes(stage as Stage)) {
    throw new Error(`There is no stage '${stage}'. Choose one with -c stage=${stages.join(" or -c stage=")}.`);
  }
  const file = `config/${stage}.json`;
  const values = JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"));
  const { AVOCADO_LOCAL_ENDPOINT: endpoint, AVOCADO_MLFLOW_URL: trackingUri, AVOCADO_KAGGLE: kaggle } = environment;
  return parseConfig(
    {
      ...values,
      ...(stage === "local" && endpoint && { endpoint }),
      ...(stage === "local" && trackingUri && { mlflow: { ...values.mlflow, trackingUri } }),
      ...(stage === "local" && kaggle && { kaggle: { ...values.kaggle, ...JSON.parse(kaggle) } }),
    },
    file,
  );
}
