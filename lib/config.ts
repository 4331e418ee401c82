import { existsSync, readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import { promotionMetric } from "../core/contracts/model.ts";
import { kaggleLicences } from "./kaggle-licences.ts";
import { findRenamedSettings } from "./renamed-settings.ts";

const folder = new URL("../config/", import.meta.url);

/** The days that CloudWatch Logs can keep a log group for, as far as a person would choose them. */
const retentionDays = [7, 14, 30, 60, 90, 180, 365] as const;

const slug = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "small letters, digits and single hyphens only")
  .min(6);

const sagemaker = z
  .strictObject({
    instanceType: z
      .string()
      .regex(/^ml\.[a-z0-9]+\.\w+$/, "not the name of an instance type, such as ml.g4dn.xlarge")
      .default("ml.g4dn.xlarge")
      .describe("The machine; a new account has a quota of 0 for those with a GPU."),
    spot: z
      .boolean()
      .default(false)
      .describe("Spare machines, up to 90 % cheaper; AWS may take them back, and then the training begins again."),
    maxHours: z.number().min(0.25).max(20).default(6).describe("A training that takes longer is stopped."),
    volumeGigabytes: z
      .int()
      .min(10)
      .max(1000)
      .default(50)
      .describe("Disk of the machine. Those with a disk of their own, such as g4dn and g5, ignore it."),
    weights: z
      .enum(["imagenet", "none"])
      .default("imagenet")
      .describe("What the backbone begins with; 'none' learns from scratch."),
    image: z
      .string()
      .regex(
        /^\d{12}\.dkr\.ecr\.[\w-]+\.[\w.]+\/[\w./-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$/,
        "not an image in ECR, with its tag",
      )
      .optional()
      .describe("An image in ECR, instead of the one that is built of training/sagemaker/Dockerfile."),
  })
  .describe("Strategy 'sagemaker': training jobs on a GPU. Without it there is no such strategy, and nothing of it.");

const everyStage = {
  $schema: z.string().optional(),
  modelName: z.string().min(1).default("avocado-model").describe("The registered model that the API serves."),
  promotionMetric: promotionMetric.default("mse").describe("What decides a promotion; lower is better."),
  predict: z
    .strictObject({
      memoryMegabytes: z.int().min(512).max(10_240).default(3008).describe("New accounts have at most 3008 MB."),
      architecture: z
        .enum(["x64", "arm64"])
        .default("x64")
        .describe("arm64 was never tried on Lambda: ONNX Runtime used to abort there (its issue 10038)."),
      rateLimit: z.int().min(1).default(50).describe("Requests a second before the API answers 429."),
      burstLimit: z.int().min(1).default(100).describe("Requests at once before the API answers 429."),
      jwt: z
        .strictObject({ issuer: z.url(), audience: z.array(z.string().min(1)).min(1) })
        .optional()
        .describe("Issuer and audience of the tokens that predictions and uploads then need."),
      provisionedConcurrency: z
        .int()
        .min(1)
        .max(1000)
        .optional()
        .describe("So many instances are always warm, and cost so; Lambda's price list has them."),
      tracing: z
        .boolean()
        .default(false)
        .describe("Sends X-Ray a trace of a request a second and of 5 % of the others; a million cost 5 dollars."),
      latencyAlarm: z
        .strictObject({
          p95Milliseconds: z.int().min(1).default(3_000),
          p99Milliseconds: z.int().min(1).default(10_000),
        })
        .prefault({})
        .describe("Latency of the API from which on an alarm fires; it includes fetching photographs from elsewhere."),
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
      /** The dataset on Kaggle that keeps the prepared photographs, one version for each of theirs. */
      dataset: z
        .strictObject({
          slug: slug.max(50).default("avocado-ripening"),
          title: z.string().min(6).max(50).default("Avocado ripening"),
          /** Of the photographs, as Kaggle names it. Default: that of the published ones. */
          licence: z.enum(kaggleLicences).default("CC-BY-4.0"),
          keepVersions: z
            .boolean()
            .default(true)
            .describe(
              "Without it a new version has Kaggle delete those before it: 2 GB each, of 200 that an account has.",
            ),
        })
        .prefault({}),
      /** Kernels are named by it and by their run. */
      kernelPrefix: slug.max(37).default("avocado-train"),
      keepKernels: z
        .boolean()
        .default(true)
        .describe("Without it a kernel is deleted, with its log, once its training is in MLflow."),
      /** Trains on a GPU; without one, slowly, but without quota. */
      gpu: z.boolean().default(true),
      /** Which GPU, as Kaggle names them. */
      machineShape: z.string().min(1).default("NvidiaTeslaT4"),
      /** What the backbone begins with; `none` learns from scratch. */
      weights: z.enum(["imagenet", "none"]).default("imagenet"),
      waitSeconds: z
        .int()
        .min(1)
        .max(3600)
        .default(60)
        .describe(
          "Between two looks at a dataset or a kernel; in an account, what its state machine can count at least.",
        ),
      /** After which waiting is given up: for a dataset, for a kernel to begin, and for it to end. */
      datasetTimeoutHours: z.number().positive().max(24).default(2),
      queueTimeoutHours: z.number().positive().max(24).default(6),
      /** Kaggle itself ends kernels after 12 hours. */
      runTimeoutHours: z.number().positive().max(12).default(12),
      /** An MLflow that kernels can reach and report to while they train. Its password, if any, is in the secret. */
      tracking: z.strictObject({ uri: z.url() }).optional(),
    })
    .prefault({}),
  notificationEmails: z
    .array(z.email())
    .max(20)
    .default([])
    .describe("Told of every retraining (promoted or not and why, or what failed) and of every alarm."),
  logRetentionDays: z.literal(retentionDays).default(90).describe("How long logs are kept."),
};

const localConfig = z.strictObject({
  stage: z.literal("local"),
  endpoint: z.url({ protocol: /^https?$/ }).describe("Where the AWS services of the local stack answer."),
  mlflow: z.strictObject({
    trackingUri: z.url({ protocol: /^https?$/ }).describe("Address of the MLflow server that the steps call."),
    auth: z.enum(["none", "sigv4"]),
  }),
  sagemaker: sagemaker.extend({ endpoint: z.url({ protocol: /^https?$/ }) }).optional(),
  ...everyStage,
});

const cloudConfig = z.strictObject({
  stage: z.string().regex(/^[a-z][a-z0-9]{1,11}$/, "2 to 12 small letters and digits, a letter first"),
  account: z
    .string()
    .regex(/^\d{12}$/, "an account number has 12 digits")
    .optional()
    .describe("Default: the account that the command line is signed in to."),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "not the name of a region")
    .optional()
    .describe("Default: the region that the command line is set to."),
  availabilityZones: z
    .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "not the name of a zone, such as us-east-1a"))
    .length(2)
    .refine(([first, second]) => first !== second, "two different zones")
    .optional()
    .describe(
      "Names of the two zones to use. Default: the region's first two. Set it before the first deployment where one of those has no VPC links: 'npm run doctor' says so. A later change replaces the subnets under the database.",
    ),
  keepData: z
    .boolean()
    .default(false)
    .describe("Buckets and the database outlive their stack and cannot be deleted by accident."),
  database: z
    .strictObject({
      maxCapacity: z.number().multipleOf(0.5).min(1).max(128).default(2).describe("Aurora capacity units at most."),
      pauseAfterMinutes: z.int().min(5).max(1440).default(10).describe("Without a connection for so long it pauses."),
      backupDays: z.int().min(1).max(35).default(7).describe("How far back the database can be restored."),
    })
    .prefault({}),
  registry: z
    .strictObject({
      cpu: z.literal([256, 512, 1024, 2048]).default(512).describe("Of MLflow's task; 1024 are one CPU."),
      memoryMegabytes: z
        .int()
        .multipleOf(1024)
        .min(1024)
        .max(8192)
        .default(1024)
        .describe("Fargate gives 2 to 8 GB for one CPU, and as much in proportion for less or more."),
      scaleToZeroAfterMinutes: z
        .int()
        .min(15)
        .max(1440)
        .optional()
        .describe("Unused for so long, MLflow's task ends until it is started again, which takes minutes."),
    })
    .refine(({ cpu, memoryMegabytes: memory }) => memory >= cpu * 2 && memory <= cpu * 8, {
      error: "Fargate has no such task: memory is 2 to 8 times the units of CPU",
      path: ["memoryMegabytes"],
    })
    .prefault({}),
  trainer: z
    .strictObject({
      cpu: z.literal([2048, 4096, 8192]).default(4096).describe("Of a trainer's task; 1024 are one CPU."),
      memoryMegabytes: z
        .literal([8192, 12_288, 16_384])
        .default(16_384)
        .describe("With 8192 units of CPU, 16384 is the least."),
    })
    .refine(({ cpu, memoryMegabytes }) => cpu < 8192 || memoryMegabytes === 16_384, {
      error: "8192 units of CPU go with 16384 MB of memory at least",
      path: ["memoryMegabytes"],
    })
    .prefault({}),
  sagemaker: sagemaker.optional(),
  schedule: z
    .strictObject({
      cron: z
        .string()
        .regex(/^\S+( \S+){5}$/, "minute, hour, day of month, month, day of week and year, such as '0 3 ? * MON *'")
        .describe("When a retraining starts: minute, hour, day of month, month, day of week, year."),
      timeZone: z.string().refine(isTimeZone, "not the name of a time zone, such as Europe/Lisbon").default("Etc/UTC"),
      input: z.record(z.string(), z.unknown()).default({}).describe("Input of these executions."),
      succeedWithinDays: z
        .int()
        .min(1)
        .max(90)
        .optional()
        .describe("An alarm fires when no retraining has succeeded for so long. Without it there is no such alarm."),
    })
    .optional()
    .describe("Without it nothing starts by the clock."),
  newData: z
    .strictObject({
      quietMinutes: z.int().min(1).max(15).describe("So long nothing may have come into the raw bucket."),
    })
    .optional()
    .describe("New data in the raw bucket starts a retraining, once all of it is there."),
  domain: z
    .strictObject({
      name: z
        .string()
        .regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, "not a domain name")
        .describe("Name of the API, such as avocado.example.com."),
      certificateArn: z
        .string()
        .regex(/^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/, "not the ARN of a certificate")
        .describe("Its certificate, in the stage's region."),
    })
    .optional()
    .describe(
      "A name of one's own for the API, or with 'edge' for CloudFront; its DNS record points to the output ApiDomainTarget.",
    ),
  edge: z
    .strictObject({
      requestsPerFiveMinutes: z
        .int()
        .min(10)
        .max(2_000_000_000)
        .default(300)
        .describe("Of one network address, beyond which the firewall answers 429."),
    })
    .optional()
    .describe(
      "CloudFront and a web application firewall in front of the API, which then answers requests through CloudFront alone.",
    ),
  corsOrigins: z
    .array(z.url({ protocol: /^https?$/ }).regex(/[^/]$/, "an origin has no slash at its end"))
    .max(20)
    .default([])
    .describe("Origins of web pages elsewhere that may call the API and upload."),
  ...everyStage,
});

/** Bounds of the waiting for Kaggle, which tests derive from the definition of the state machine and AWS's quotas. */
export const kaggleWaiting = {
  /** In hours, of all timeouts together: of the machine's 36 hours the rest is for the data and the evaluation. */
  hours: 30,
  /** Looks in one execution: each costs 9 events, of the 25,000 that an execution may have. */
  looks: 2500,
};

/** What of several settings does not go together. Apart, since a schema with it could not leave out a field. */
const consistentCloudConfig = cloudConfig.superRefine(
  ({ edge, region, predict, kaggle, availabilityZones, schedule, sagemaker: gpu }, context) => {
    const reject = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const hours = kaggle.datasetTimeoutHours + kaggle.queueTimeoutHours + kaggle.runTimeoutHours;
    const together = "datasetTimeoutHours, queueTimeoutHours and runTimeoutHours";
    if (hours > kaggleWaiting.hours) {
      reject(["kaggle"], `${together} are ${hours} hours, and together may be ${kaggleWaiting.hours}`);
    }
    const leastWait = Math.ceil((hours * 3600) / kaggleWaiting.looks);
    if (kaggle.waitSeconds < leastWait) {
      reject(
        ["kaggle", "waitSeconds"],
        `with ${hours} hours of ${together} it has to be ${leastWait} at least, or an execution has more events than AWS lets it`,
      );
    }
    if (region && availabilityZones?.some((zone) => zone.slice(0, -1) !== region)) {
      reject(["availabilityZones"], `are not all in ${region}`);
    }
    if (schedule?.input.strategy === "sagemaker" && !gpu) {
      reject(["schedule", "input", "strategy"], "needs 'sagemaker', which says what the training jobs are");
    }
    if (!edge) return;
    if (region !== "us-east-1") {
      reject(["region"], "with 'edge' it has to be us-east-1: a firewall for CloudFront can be nowhere else");
    }
    if (predict.jwt) {
      reject(
        ["predict", "jwt"],
        "does not go with 'edge': a route has one authorizer, and there it asks for CloudFront",
      );
    }
  },
);

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** Everything in which stages differ. */
export type StageConfig = LocalConfig | CloudConfig;
/** Settings of strategy `sagemaker`. */
export type SageMakerConfig = z.infer<typeof sagemaker>;
/** The stage on a laptop. */
export type LocalConfig = z.infer<typeof localConfig>;
/** A stage in an AWS account. */
export type CloudConfig = z.infer<typeof cloudConfig>;

/** Is it the stage on a laptop? */
export function isLocal(config: StageConfig): config is LocalConfig {
  return config.stage === "local";
}

/** The stages that have a file. */
export function listStages(): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json") && !file.endsWith(".schema.json"));
  return files.map((file) => file.slice(0, -".json".length)).sort();
}

/** JSON Schema of the files of stages in an account, for editors. */
export function configJsonSchema(): object {
  return z.toJSONSchema(cloudConfig.omit({ stage: true }), { io: "input" });
}

/**
 * Checks a stage's configuration and fills in the defaults.
 * @throws Error naming every setting that has another name now, or else every wrong value at once
 */
export function parseConfig(value: { stage: string; [key: string]: unknown }, source: string): StageConfig {
  const renamed = findRenamedSettings(value);
  if (renamed.length > 0) throw new Error(`${source} is wrong:\n${renamed.join("\n")}`);
  const parsed = (value.stage === "local" ? localConfig : consistentCloudConfig).safeParse(value);
  if (!parsed.success) throw new Error(`${source} is wrong:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/**
 * Reads `config/<stage>.json`. In stage `local`, whose servers may move between runs, their addresses can come from the environment:
 * AVOCADO_LOCAL_ENDPOINT, AVOCADO_MLFLOW_URL, AVOCADO_KAGGLE, which is JSON that replaces settings of `kaggle`, and
 * AVOCADO_SAGEMAKER, which is `sagemaker` as JSON.
 * @throws Error naming every wrong value at once
 */
export function readConfig(stage: string, environment: NodeJS.ProcessEnv = process.env): StageConfig {
  const file = `config/${stage}.json`;
  if (!/^\w+$/.test(stage) || !existsSync(new URL(`../${file}`, import.meta.url))) {
    const known = listStages().map((name) => `-c stage=${name}`);
    throw new Error(`There is no stage '${stage}'. Choose one with ${known.join(" or ")}, or write ${file}.`);
  }
  const values = JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"));
  const {
    AVOCADO_LOCAL_ENDPOINT: endpoint,
    AVOCADO_MLFLOW_URL: trackingUri,
    AVOCADO_KAGGLE: kaggle,
    AVOCADO_SAGEMAKER: sagemaker,
  } = environment;
  return parseConfig(
    {
      ...values,
      stage,
      ...(stage === "local" && endpoint && { endpoint }),
      ...(stage === "local" && trackingUri && { mlflow: { ...values.mlflow, trackingUri } }),
      ...(stage === "local" && kaggle && { kaggle: { ...values.kaggle, ...JSON.parse(kaggle) } }),
      ...(stage === "local" && sagemaker && { sagemaker: JSON.parse(sagemaker) }),
    },
    file,
  );
}
