import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMlflow } from "../../local/mlflow.ts";
import { freePort } from "../../local/service.ts";
import type { TestService } from "./ministack.ts";

/**
 * Starts a real MLflow server with an empty database on a free port, its artifacts in the given bucket. Stop it in
 * `afterAll`; it also ends with the test process.
 */
export async function startTestMlflow(s3Endpoint: string, bucket: string): Promise<TestService> {
  const stateFolder = mkdtempSync(join(tmpdir(), "test-mlflow-"));
  const service = await startMlflow({
    stateFolder,
    port: await freePort(),
    s3Endpoint,
    artifactRoot: `s3://${bucket}/mlflow`,
    logFile: join(stateFolder, "mlflow.log"),
  });
  void service.exited.then(() => rmSync(stateFolder, { recursive: true, force: true }));
  return service;
}
