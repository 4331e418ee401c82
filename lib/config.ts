import { readFileSync } from "node:fs";
import { z } from "zod";

export const stages = ["local", "prod"] as const;
export type Stage = (typeof stages)[number];

/** The days that CloudWatch Logs can keep a log group for, as far as a person would choose them. */
const retentionDays = [7, 14, 30, 60, 90, 180, 365] as const;

const common = {
  /** Origins of web pages elsewhere that may call the API and upload. */
  corsOrigins: z.array(z.url({ protocol: /^https?$/ })).default([]),
  /** The registered model that the API serves. */
  modelName: z.string().min(1).default("avocado-model"),
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
      /** Asks callers of predictions and uploads for a token. */
      jwt: z.strictObject({ issuer: z.url(), audience: z.array(z.string().min(1)).min(1) }).optional(),
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
 * Reads `config/<stage>.json`. In stage `local`, whose servers may move between runs, two addresses can come from the environment:
 * AVOCADO_LOCAL_ENDPOINT and AVOCADO_MLFLOW_URL.
 * @throws Error naming every wrong value at once
 */
export function readConfig(stage: unknown, environment: NodeJS.ProcessEnv = process.env): StageConfig {
  if (!stages.includes(stage as Stage)) {
    throw new Error(`There is no stage '${stage}'. Choose one with -c stage=${stages.join(" or -c stage=")}.`);
  }
  const file = `config/${stage}.json`;
  const values = JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"));
  const { AVOCADO_LOCAL_ENDPOINT: endpoint, AVOCADO_MLFLOW_URL: trackingUri } = environment;
  return parseConfig(
    {
      ...values,
      ...(stage === "local" && endpoint && { endpoint }),
      ...(stage === "local" && trackingUri && { mlflow: { ...values.mlflow, trackingUri } }),
    },
    file,
  );
}
