import { hostname, userInfo } from "node:os";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { S3Store } from "../../../aws/s3-store.ts";
import { createSignedFetch } from "../../../aws/signed-fetch.ts";
import { findOutputs, stageOutputs } from "../../../aws/stage-outputs.ts";
import { NotFoundError } from "../../../core/errors.ts";
import type { Fetch } from "../../../core/http/request.ts";
import type { ArtifactBucket } from "../../../core/mlflow/artifacts.ts";
import { createMlflowClient, type MlflowClient } from "../../../core/mlflow/client.ts";
import { useLocalAws } from "../../../local/ministack.ts";
import { findRunningStack } from "../../../local/state.ts";
import { linesOfFile, linesOfLogGroup } from "./lines.ts";

/** A deployed stage, as commands for people use it. */
export interface Stage {
  name: string;
  stateMachineArn: string;
  data: S3Store;
  artifacts: ArtifactBucket;
  apiUrl: string;
  /** Reaches the API's routes that ask for an AWS identity. */
  fetch: Fetch;
  mlflow: MlflowClient;
  /** What the trainer prints from now on, line by line, until the signal. */
  trainerLines(signal: AbortSignal): AsyncIterable<string>;
  /** For people: where to look. */
  urls: Record<string, string>;
  /** Who is at the command line, as the ledger names them. */
  whoAmI(): Promise<string>;
}

/**
 * Finds a deployed stage: `local` in the state folder of the `npm start` that runs, any other through its stacks' outputs,
 * in the account and region that the environment is signed in to.
 * @throws NotFoundError saying what to start, deploy or sign in to
 */
export function connectStage(name: string): Promise<Stage> {
  return name === "local" ? connectLocal() : connectCloud(name);
}

async function connectLocal(): Promise<Stage> {
  const { outputs, urls, trainerLog } = findRunningStack();
  useLocalAws(urls.aws);
  const whoAmI = async () => `${userInfo().username}@${hostname()}`;
  const mlflow = createMlflowClient({ trackingUri: urls.mlflow });
  const signed = createSignedFetch({ region: "us-east-1" });
  const trainerLines = (signal: AbortSignal) => linesOfFile(trainerLog, signal);
  return { ...common("local", outputs), apiUrl: urls.api, fetch: signed, mlflow, whoAmI, urls, trainerLines };
}

async function connectCloud(name: string): Promise<Stage> {
  const { region, outputs: found } = await findOutputs(name);
  const outputs = stageOutputs.safeParse(found);
  if (!outputs.success) {
    const missing = outputs.error.issues.map(({ path }) => path.join(".")).join(", ");
    throw new NotFoundError(
      `Stage '${name}' is not deployed whole in ${region}: its stacks lack the outputs ${missing}. ` +
        `Deploy it with 'npx cdk deploy --all -c stage=${name}'.`,
    );
  }
  const { ApiUrl: apiUrl, TrackingUri: trackingUri } = outputs.data;
  const signed = createSignedFetch({ region });
  return {
    ...common(name, outputs.data),
    apiUrl,
    urls: { api: apiUrl, mlflow: trackingUri },
    fetch: signed,
    trainerLines: (signal) => linesOfLogGroup(new CloudWatchLogsClient(), `/avocado/${name}/trainer`, signal),
    // MLflow's task and database may be scaled to zero: it answers 503 or 504 for up to two minutes.
    mlflow: createMlflowClient({ trackingUri, fetch: signed, attempts: 9, backoff: 500 }),
    whoAmI: async () => (await new STSClient().send(new GetCallerIdentityCommand({}))).Arn ?? "unknown",
  };
}

function common(name: string, outputs: { StateMachineArn: string; DataBucket: string; ArtifactBucket: string }) {
  const s3 = new S3Client({ forcePathStyle: name === "local" });
  return {
    name,
    stateMachineArn: outputs.StateMachineArn,
    data: new S3Store(s3, outputs.DataBucket),
    artifacts: { name: outputs.ArtifactBucket, store: new S3Store(s3, outputs.ArtifactBucket) },
  };
}
