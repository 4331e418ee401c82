import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../aws/s3-store.ts";
import type { LocalOutputs } from "../aws/stage-outputs.ts";
import { deployLocal } from "./deploy.ts";
import { type KaggleChoice, prepareKaggle, storeKaggleSecret } from "./kaggle/start.ts";
import { localAws, startMinistack, useLocalAws } from "./ministack.ts";
import { startMlflow } from "./mlflow.ts";
import { prepareSageMaker, type SageMakerChoice } from "./sagemaker/start.ts";
import type { Service } from "./service.ts";
import { openState } from "./state.ts";
import { startWorker, type Worker } from "./worker.ts";

/** The whole system on this machine: AWS emulated, MLflow and the trainer real, the CDK app deployed. */
export interface LocalStack {
  outputs: LocalOutputs;
  urls: { api: string; mlflow: string; aws: string; kaggle?: string; sagemaker?: string };
  raw: S3Store;
  data: S3Store;
  artifacts: S3Store;
  mlflow: Service;
  worker: Worker;
  /** Resolves with a sentence when a part ends that should not. */
  broken: Promise<string>;
  stop(): Promise<void>;
}

export interface LocalStackOptions {
  /** Keeps everything between runs. */
  folder: string;
  reset: boolean;
  log: (sentence: string) => void;
  /** Each line that a trainer prints. */
  onTrainerLine: (line: string) => void;
  /** Only where Kaggle trains. */
  kaggle?: KaggleChoice | undefined;
  /** Only where SageMaker trains. */
  sagemaker?: SageMakerChoice | undefined;
  /** What a notebook prints that runs on this machine. */
  onKernelOutput?: (text: string) => void;
}

const artifactRoot = "s3://avocado-local-artifacts/mlflow";

/** Starts MiniStack and MLflow, deploys stage `local`, and starts the trainer's worker. Stops what it started when it fails. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const state = await openState(options.folder, options.reset);
  const log = (name: string) => join(state.logs, `${name}.log`);
  const stops: (() => Promise<void>)[] = [state.release];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const endpoint = `http://127.0.0.1:${state.ports.aws}`;
    useLocalAws(endpoint);
    options.log("Starting MiniStack (AWS) and MLflow");
    const started = await Promise.allSettled([
      startMinistack({ stateFolder: join(state.folder, "aws"), port: state.ports.aws, logFile: log("ministack") }),
      startMlflow({
        stateFolder: join(state.folder, "mlflow"),
        port: state.ports.mlflow,
        s3Endpoint: endpoint,
        artifactRoot,
        logFile: log("mlflow"),
      }),
    ]);
    for (const result of started) if (result.status === "fulfilled") stops.push(() => result.value.stop());
    const [aws, mlflow] = started.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    }) as [Service, Service];

    const kaggle =
      options.kaggle &&
      (await prepareKaggle(options.kaggle, {
        folder: join(state.folder, "kaggle"),
        mlflowUrl: mlflow.url,
        log: options.log,
        ...(options.onKernelOutput && { onOutput: options.onKernelOutput }),
      }));
    if (kaggle) stops.push(kaggle.stop);
    const sagemaker =
      options.sagemaker &&
      (await prepareSageMaker(options.sagemaker, {
        folder: join(state.folder, "sagemaker"),
        aws: localAws(endpoint),
        logFile: log("sagemaker"),
        onOutput: options.onKernelOutput,
      }));
    if (sagemaker) stops.push(sagemaker.stop);
    options.log("Deploying stage 'local' (cdk deploy)");
    const settings = { kaggle: kaggle?.settings, sagemaker: sagemaker?.settings };
    const outputs = await deployLocal(
      aws.url,
      mlflow.url,
      { logFile: log("deploy"), output: join(state.folder, "cdk.out") },
      settings,
    );
    if (kaggle) await storeKaggleSecret(outputs.KaggleSecret, kaggle.secret);
    const env = {
      DATA_BUCKET: outputs.DataBucket,
      ARTIFACT_BUCKET: outputs.ArtifactBucket,
      MLFLOW_TRACKING_URI: mlflow.url,
      CACHE_FOLDER: join(state.folder, "trainer"),
    };
    const worker = startWorker({
      queueUrl: outputs.TrainingQueueUrl,
      dataBucket: outputs.DataBucket,
      env,
      logFile: log("trainer"),
      onLine: options.onTrainerLine,
    });
    stops.push(() => worker.stop());
    const s3 = new S3Client({ forcePathStyle: true });
    const urls = {
      api: `${aws.url}/_aws/execute-api/${outputs.ApiId}/$default`,
      mlflow: mlflow.url,
      aws: aws.url,
      ...(kaggle && { kaggle: kaggle.url }),
      ...(sagemaker && { sagemaker: sagemaker.url }),
    };
    await state.announce({ outputs, urls, trainerLog: log("trainer") });
    return {
      outputs,
      urls,
      raw: new S3Store(s3, outputs.RawBucket),
      data: new S3Store(s3, outputs.DataBucket),
      artifacts: new S3Store(s3, outputs.ArtifactBucket),
      mlflow,
      worker,
      broken: aws.exited.then(() => `MiniStack ended unexpectedly; see ${log("ministack")}.`),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
