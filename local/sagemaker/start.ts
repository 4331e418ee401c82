import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../aws/s3-store.ts";
import { errorMessage } from "../../core/errors.ts";
import { kaggleVenv, root } from "../../scripts/setup/paths.ts";
import { deliverToRules } from "../event-rules.ts";
import { type SageMakerEmulator, startSageMakerEmulator } from "./server.ts";

/** How `npm start` trains with strategy `sagemaker`. */
export interface SageMakerChoice {
  weights: "imagenet" | "none";
  spot?: boolean;
}

/** A SageMaker that is ready for the pipeline. */
export interface PreparedSageMaker extends SageMakerEmulator {
  /** `sagemaker` of the stage's configuration. */
  settings: object;
}

export interface PrepareOptions {
  folder: string;
  /** Environment with which the trainer reaches the emulated AWS. */
  aws: Record<string, string>;
  logFile: string;
  /** What a trainer prints. */
  onOutput?: ((text: string) => void) | undefined;
}

/** Starts the local SageMaker, whose trainer runs in the Python environment of the local Kaggle. */
export async function prepareSageMaker(choice: SageMakerChoice, options: PrepareOptions): Promise<PreparedSageMaker> {
  const s3 = new S3Client({ forcePathStyle: true });
  const log = (text: string) => appendFileSync(options.logFile, text);
  const emulator = await startSageMakerEmulator({
    folder: options.folder,
    port: 0,
    region: "us-east-1",
    account: "000000000000",
    command: [join(kaggleVenv, "bin/python"), join(root, "training/sagemaker/main.py")],
    environment: options.aws,
    openBucket: (bucket) => new S3Store(s3, bucket),
    onOutput(text) {
      log(text);
      options.onOutput?.(text);
    },
    onEvent: (event) =>
      void deliverToRules(event).catch((error) => log(`An event was not delivered: ${errorMessage(error)}\n`)),
  });
  // A machine without a GPU, which the trainer would insist on otherwise.
  const settings = { endpoint: emulator.url, instanceType: "ml.m5.xlarge", ...choice };
  return { ...emulator, settings };
}
