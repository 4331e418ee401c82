import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import type { S3Store } from "../../aws/s3-store.ts";
import { type DatasetSummary, datasetKeys, imageBytes, type ManifestRow } from "../../core/contracts/dataset.ts";
import { type ValidatedInput, validateInput } from "../../core/contracts/execution.ts";
import type { ModelSidecar } from "../../core/contracts/model.ts";
import type { DatasetRef } from "../../core/contracts/pipeline.ts";
import { formatManifest } from "../../core/dataset/manifest.ts";
import { encodeShard } from "../../core/dataset/npy.ts";
import { type ArtifactBucket, artifactPrefix, artifactRoot } from "../../core/mlflow/artifacts.ts";
import { createMlflowClient, type MlflowClient } from "../../core/mlflow/client.ts";
import { writeOnnxFlavour } from "../../core/mlflow/flavour.ts";
import type { ModelVersion } from "../../core/mlflow/registry.ts";
import { type ObjectStore, writeJson } from "../../core/storage.ts";
import { bucketStore, createBucket } from "./ministack.ts";
import { tinyModel, tinySidecar } from "./models.ts";

/** A test's own sandbox of the shared services: a data bucket, an experiment and a model name that nobody else uses. */
export interface Sandbox {
  mlflow: MlflowClient;
  data: S3Store;
  artifacts: ArtifactBucket;
  artifactRoot: string;
  input: ValidatedInput;
  executionArn: string;
}

/** Makes such a sandbox. */
export async function createSandbox(): Promise<Sandbox> {
  const { aws, mlflow, artifactBucket } = inject("services");
  const id = randomUUID().slice(0, 8);
  return {
    mlflow: createMlflowClient({ trackingUri: mlflow, backoff: 20 }),
    data: await createBucket(aws, `data-${id}`),
    artifacts: { name: artifactBucket, store: bucketStore(aws, artifactBucket) },
    artifactRoot: artifactRoot(artifactBucket),
    input: validateInput({ experimentName: `experiment ${id}`, modelName: `model-${id}` }),
    executionArn: executionArn(id),
  };
}

/** ARN of an execution of the retraining state machine. */
export function executionArn(name: string): string {
  return `arn:aws:states:us-east-1:000000000000:execution:retraining:${name}`;
}

const testVersion = "0123456789abcdef";
export const datasetRef: DatasetRef = { version: testVersion, rows: 6, photographs: 6, labelled: 5, dropped: {} };

/**
 * Writes a dataset of six black photographs of the test fruits 8 and 9 in two shards. The labels are what `tinyModel(1)`
 * predicts, so that a model's mean squared error is the square of how far its bias is from 1. One has no label.
 */
export async function writeTestDataset(store: ObjectStore): Promise<void> {
  const shards = ["shards/test-00000.npy", "shards/test-00001.npy"];
  const { content, sha256, bytes } = encodeShard(Array.from({ length: 3 }, () => new Uint8Array(imageBytes)));
  const row = (i: number): ManifestRow => ({
    fileName: `photograph-${i}`,
    storageGroup: i % 2 === 0 ? "T10" : "T20",
    ...(i === 5 ? { censoredDays: 2 } : { shelfLifeDays: i % 2 === 0 ? 3 : 1 }),
    sample: i < 3 ? "8" : "9",
    stage: 2,
    split: "test",
    shard: shards[i < 3 ? 0 : 1] as string,
    index: i % 3,
  });
  const rows = [0, 1, 2, 3, 4, 5].map(row);
  const summary: DatasetSummary = {
    version: testVersion,
    source: { source: "made-up" },
    rows: 6,
    photographs: 6,
    labelled: 5,
    censored: 1,
    fruits: { train: 0, validation: 0, test: 2 },
    photographsBySplit: { train: 0, validation: 0, test: 6 },
    dropped: {},
    shards: shards.map((key) => ({ key, split: "test", photographs: 3, sha256, bytes })),
    createdAt: new Date(0).toISOString(),
  };
  for (const key of shards) await store.write(datasetKeys.prefix(testVersion) + key, content);
  await store.write(datasetKeys.manifest(testVersion), formatManifest(rows));
  await writeJson(store, datasetKeys.summary(testVersion), summary);
}

/** Does what a trainer does at its end: writes a model with this bias below the run and registers it. */
export async function registerTinyModel(
  { mlflow, artifacts, input }: Sandbox,
  run: { runId: string; artifactUri: string },
  bias: number,
  sidecar: Partial<ModelSidecar> = {},
): Promise<ModelVersion> {
  const source = `${run.artifactUri}/model`;
  const model = { onnx: tinyModel(bias), sidecar: tinySidecar(sidecar), runId: run.runId };
  await writeOnnxFlavour(artifacts.store, artifactPrefix(artifacts.name, source), model);
  await mlflow.registry.ensureModel(input.modelName);
  return mlflow.registry.ensureVersion({ name: input.modelName, source, runId: run.runId });
}

/** A finished run of this execution with a registered tiny model. */
export async function trainTinyModel(
  sandbox: Sandbox,
  bias: number,
  options: { executionArn?: string; sidecar?: Partial<ModelSidecar> } = {},
) {
  const { mlflow, input } = sandbox;
  const experimentId = await mlflow.experiments.getOrCreate(input.experimentName, sandbox.artifactRoot);
  const tags = { "pipeline.execution": options.executionArn ?? sandbox.executionArn };
  const run = await mlflow.runs.create(experimentId, `bias ${bias}`, tags);
  const { version } = await registerTinyModel(sandbox, run, bias, options.sidecar);
  await mlflow.runs.update(run.runId, "FINISHED");
  return { runId: run.runId, artifactUri: run.artifactUri, version };
}
