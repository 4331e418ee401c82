import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { S3Store } from "../../aws/s3-store.ts";
import { fetchWith } from "../../aws/signed-fetch.ts";
import { sendHeartbeat, sendTaskFailure, sendTaskSuccess } from "../../aws/state-machine.ts";
import { type TrainingEvent, type TrainingJob, trainingJob } from "../../core/contracts/training.ts";
import { parseEnvironment } from "../../core/environment.ts";
import { errorMessage, NamedError } from "../../core/errors.ts";
import { createMlflowClient, type MlflowClient } from "../../core/mlflow/client.ts";
import { runTags } from "../../core/run-tags.ts";
import { type ObjectStore, readJson } from "../../core/storage.ts";
import { trainerEnvironment } from "./environment.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { type JobClients, runJob } from "./job.ts";
import { reportFailure } from "./report-failure.ts";

function emit(event: TrainingEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const warn = (what: string) => (error: unknown) =>
  emit({ event: "warning", message: `${what}: ${errorMessage(error)}` });

/**
 * The trainer of the pipeline, in a container or next to the local stack: trains one job and answers the state machine.
 * Each line of standard output is an event (`trainingEvent`).
 */
async function main(): Promise<void> {
  const env = parseEnvironment(trainerEnvironment, process.env);
  const s3 = new S3Client();
  const sfn = new SFNClient();
  const data = new S3Store(s3, env.DATA_BUCKET);
  const job = await readJob(data, env.JOB_KEY);
  const currentToken = async () => (await readJob(data, env.JOB_KEY)).taskToken;
  const clients: JobClients = {
    mlflow: createMlflowClient({
      trackingUri: env.MLFLOW_TRACKING_URI,
      fetch: fetchWith(env.MLFLOW_AUTH, env.AWS_REGION),
    }),
    data,
    artifacts: { name: env.ARTIFACT_BUCKET, store: new S3Store(s3, env.ARTIFACT_BUCKET) },
    openBucket: (bucket) => new S3Store(s3, bucket),
    cacheFolder: env.CACHE_FOLDER,
    emit,
  };
  const stopping = new AbortController();
  const tokens = { current: currentToken, heartbeat: (token: string) => sendHeartbeat(sfn, token) };
  const heartbeat = startHeartbeat(
    tokens,
    env.HEARTBEAT_SECONDS,
    (error) => stopping.abort(error),
    warn("The heartbeat could not be sent"),
  );
  process.once("SIGTERM", () =>
    stopping.abort(new NamedError("TrainerStopped", "The trainer was told to stop (SIGTERM)")),
  );
  try {
    const result = await Promise.race([runJob(job, clients, stopping.signal), rejectOnAbort(stopping.signal)]);
    // The token as it is now: the execution may have been redriven meanwhile.
    await sendTaskSuccess(sfn, await currentToken(), result);
    emit({ event: "finished", result });
  } catch (error) {
    emit({ event: "failed", error: error instanceof Error ? error.name : "Error", reason: errorMessage(error) });
    // Else it would go on to beat for the next attempt.
    heartbeat.stop();
    await reportFailure({
      record: () => recordFailure(clients.mlflow, job, error),
      fail: async () => sendTaskFailure(sfn, await currentToken(), error),
      onProblem: warn("The failure could not be reported"),
      recordWithin: 30_000,
    });
    throw error;
  } finally {
    heartbeat.stop();
  }
}

function readJob(data: ObjectStore, key: string): Promise<TrainingJob> {
  return readJson(data, key, (value) => trainingJob.parse(value));
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
}

/** Marks the run, unless it was trained and registered and only the answer failed. */
async function recordFailure(mlflow: MlflowClient, { runId }: TrainingJob, error: unknown): Promise<void> {
  if ((await mlflow.runs.get(runId))?.status === "FINISHED") return;
  const reason = errorMessage(error).slice(0, 5000);
  const name = error instanceof Error ? error.name : "Error";
  await mlflow.runs.log(runId, { tags: { [runTags.failureError]: name, [runTags.failureReason]: reason } });
  await mlflow.runs.update(runId, "FAILED");
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
// TensorFlow's threads and a training that was stopped in its middle must not keep the process.
process.exit();
