import { z } from "zod";
import { InvalidInputError } from "../errors.ts";

/** Where a training can run. */
export const strategies = ["kaggle", "ecs", "sagemaker"] as const;
const networks = ["resnet50", "mobilenetv2", "mobilenet", "compact"] as const;
export type Strategy = (typeof strategies)[number];
export type Network = (typeof networks)[number];

/** Which networks each place of training can train (design, decision 2). The first is its default. */
const networksOfStrategy: Record<Strategy, readonly [Network, ...Network[]]> = {
  ecs: ["compact", "mobilenet"],
  kaggle: ["mobilenetv2", "resnet50"],
  sagemaker: ["mobilenetv2", "resnet50"],
};

const hyperparameters = z.strictObject({
  cnn: z.enum(networks),
  learningRate: z.number().positive().max(10),
  batchSize: z.int().min(1).max(512),
  /** Per phase: the head, then the fine-tuning. */
  epochs: z.int().min(1).max(1000),
  optimizer: z.enum(["adam", "sgd", "rmsprop"]),
  /** How many of the backbone's last layers the second phase trains, which 0 leaves out; `compact` has no backbone. */
  finetuneDepth: z.int().min(0).max(1000),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
});

/** Everything that, with the dataset, decides what a training gives. */
export type Hyperparameters = z.infer<typeof hyperparameters>;

/**
 * Defaults by network; the first state fills them in so that the execution shows what it ran with. `mobilenet` is as good
 * without its second phase (docs/tuning.md).
 */
export const defaultHyperparameters: Record<Network, Omit<Hyperparameters, "cnn">> = {
  compact: { learningRate: 0.002, batchSize: 32, epochs: 20, optimizer: "adam", finetuneDepth: 0, seed: 42 },
  mobilenet: { learningRate: 0.002, batchSize: 64, epochs: 6, optimizer: "adam", finetuneDepth: 0, seed: 42 },
  mobilenetv2: { learningRate: 0.001, batchSize: 32, epochs: 10, optimizer: "adam", finetuneDepth: 50, seed: 42 },
  resnet50: { learningRate: 0.001, batchSize: 12, epochs: 10, optimizer: "adam", finetuneDepth: 100, seed: 42 },
};

/** Where backbones lie in a stage's data bucket: of S3, its trainer may read them there alone. */
export const backbonePrefix = "backbones/";

/** Networks that cannot be trained without `backbone`. */
const needBackbone: readonly Network[] = ["mobilenet"];

/** What to tell a person who left `backbone` out. */
export function missingBackbone(cnn: Network): string {
  return (
    `'${cnn}' starts from a pretrained network: fetch it with the command 'backbone download', or name it with ` +
    "backbone=<folder, URL or s3:// address>."
  );
}

const name = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[\w .-]+$/, "letters, digits, space, '.', '_' and '-' only");

function isDataAddress(value: string): boolean {
  return !value.includes("://") || /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\//.test(value);
}

const executionInput = z.strictObject({
  /** `ecs`: a trainer on Fargate. `kaggle`: Kaggle's GPUs. `sagemaker`: a GPU in the account, where the stage has one. */
  strategy: z.enum(strategies).default("ecs"),
  /** False: no fetch, no preprocessing; the newest dataset version is used. */
  newData: z.boolean().default(true),
  /** True: ends after the first checks (input, lock, MLflow) and trains nothing. */
  dryRun: z.boolean().default(false),
  /**
   * Key of a zip, or prefix of a folder, in the raw bucket; or `s3://bucket/key` in another account or at another host.
   * Default: the newest dataset of the raw bucket.
   */
  data: z.string().min(1).max(1024).refine(isDataAddress, "a key of the raw bucket, or s3://bucket/key").optional(),
  runName: name.optional(),
  modelName: name.default("avocado-model"),
  experimentName: name.default("avocado-ripening"),
  hyperparameters: hyperparameters.partial().default({}),
  /**
   * What `mobilenet` starts from: a folder (of the machine that trains), a URL, or `s3://<data bucket>/backbones/<folder>`;
   * `#sha256=<hash>` behind it insists on one.
   */
  backbone: z.string().min(1).max(1024).optional(),
});

/** What a person may pass to StartExecution; every field is optional. */
export type ExecutionInput = z.input<typeof executionInput>;

export const validatedInput = executionInput.extend({ hyperparameters });
/** The execution input with every default filled in. */
export type ValidatedInput = z.infer<typeof validatedInput>;

/**
 * Checks an execution input and fills in the defaults.
 * @throws InvalidInputError naming every wrong field at once
 */
export function validateInput(value: unknown): ValidatedInput {
  const parsed = executionInput.safeParse(value);
  if (!parsed.success) {
    throw new InvalidInputError(`The execution input is wrong:\n${z.prettifyError(parsed.error)}`);
  }
  const { strategy, backbone, hyperparameters: given } = parsed.data;
  const allowed = networksOfStrategy[strategy];
  const cnn = given.cnn ?? allowed[0];
  if (!allowed.includes(cnn)) {
    throw new InvalidInputError(
      `Strategy '${strategy}' cannot train '${cnn}'. It trains ${allowed.join(" and ")}; ` +
        `for '${cnn}' use strategy '${strategies.find((s) => networksOfStrategy[s].includes(cnn))}'.`,
    );
  }
  if (strategy !== "ecs" && backbone !== undefined) {
    throw new InvalidInputError(
      `Strategy '${strategy}' takes its backbones with ImageNet weights from Keras. Leave 'backbone' out, or use strategy 'ecs'.`,
    );
  }
  if (needBackbone.includes(cnn) && !backbone) throw new InvalidInputError(missingBackbone(cnn));
  const defined = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
  return validatedInput.parse({
    ...parsed.data,
    hyperparameters: { ...defaultHyperparameters[cnn], ...defined, cnn },
  });
}

/**
 * Checks that the trainer of a stage may read a backbone: of S3, only what is below `backbones/` in the stage's data bucket.
 * @throws InvalidInputError saying where to put it
 */
export function checkBackbone(backbone: string | undefined, dataBucket: string): void {
  const readable = `s3://${dataBucket}/${backbonePrefix}`;
  if (!backbone?.startsWith("s3://") || backbone.startsWith(readable)) return;
  throw new InvalidInputError(
    `The trainer may not read ${backbone}: of S3 it reads backbones below ${readable} alone. ` +
      "Put it there with 'backbone upload --stage <stage>', or name a URL.",
  );
}
