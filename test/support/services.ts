import type { TestProject } from "vitest/node";
import { createBucket, startTestMinistack } from "./ministack.ts";
import { startTestMlflow } from "./mlflow.ts";

/** Where the integration tests find the services that they share. */
export interface SharedServices {
  /** Address of MiniStack. */
  aws: string;
  mlflow: string;
  /** The bucket that MLflow takes models from. */
  artifactBucket: string;
}

declare module "vitest" {
  interface ProvidedContext {
    services: SharedServices;
  }
}

/** Starts one MiniStack and one MLflow for all integration tests: each keeps to buckets and experiments of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const artifactBucket = "artifacts";
  const ministack = await startTestMinistack();
  await createBucket(ministack.url, artifactBucket);
  const mlflow = await startTestMlflow(ministack.url, artifactBucket);
  project.provide("services", { aws: ministack.url, mlflow: mlflow.url, artifactBucket });
  return async () => {
    await mlflow.stop();
    await ministack.stop();
  };
}
