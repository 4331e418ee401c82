import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { createSignedFetch } from "../../../aws/signed-fetch.ts";
import { startProxy } from "../../../cli/commands/mlflow/proxy.ts";
import { createMlflowClient } from "../../../core/mlflow/client.ts";
import { startTrackingServer } from "../../../core/mlflow/start-server.ts";
import type { Image } from "../../support/container/build-image.ts";
import { buildMlflowImage } from "../../support/container/mlflow-image.ts";
import { apiName, type GatewayOptions, startGateway } from "../../support/gateway/gateway.ts";
import type { TestPostgres } from "../../support/postgres.ts";
import { type RegistryTask, registryOfTemplate, runRegistryTask, startMlflowDatabase } from "../../support/registry.ts";

const region = "us-east-1";
const caller = { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "token" };
const signed = createSignedFetch({ region, credentials: caller });
const hosts = ["api-name", "task-address"] as const;

let postgres: TestPostgres;
let image: Image;
let task: RegistryTask;
beforeAll(async () => {
  postgres = await startMlflowDatabase();
  image = await buildMlflowImage();
  task = await startTask();
});
afterAll(async () => {
  await task?.stop();
  await postgres?.stop();
  image?.root.remove();
});

function startTask(changes: Record<string, string> = {}): Promise<RegistryTask> {
  const { aws, artifactBucket: bucket } = inject("services");
  return runRegistryTask(image, postgres, { aws, bucket, changes });
}

/** The address of a gateway before a task, with the integration of the template unless another is given. */
async function openGateway(options: Partial<GatewayOptions> = {}): Promise<string> {
  const { requestParameters } = registryOfTemplate();
  const gateway = await startGateway({ target: task.url, caller, region, requestParameters, ...options });
  onTestFinished(() => gateway.stop());
  return gateway.url;
}

describe.each(hosts)("MLflow's image behind a gateway that sends on the %s", (host) => {
  it("serves the pipeline's client: experiments, runs, model versions and aliases", async () => {
    const { artifactBucket } = inject("services");
    const { experiments, runs, registry } = createMlflowClient({
      trackingUri: await openGateway({ host }),
      fetch: signed,
    });
    const id = await experiments.getOrCreate(`through ${host}`, `s3://${artifactBucket}/mlflow/${host}`);
    const run = await runs.create(id, "run", { "a tag": "with 'quotes' & spaces" });
    await runs.update(run.runId, "FINISHED");
    expect((await runs.search([id], "attributes.status = 'FINISHED'")).map(({ runId }) => runId)).toEqual([run.runId]);
    await registry.ensureModel(`model-${host}`);
    const source = `${run.artifactUri}/model`;
    const { version } = await registry.ensureVersion({ name: `model-${host}`, source, runId: run.runId });
    await registry.setAlias(`model-${host}`, "champion", version);
    expect(await registry.getAlias(`model-${host}`, "champion")).toMatchObject({ version, runId: run.runId });
  });

  it("is found running by the step that starts it", async () => {
    const result = await startTrackingServer({
      trackingUri: await openGateway({ host }),
      fetch: signed,
      timeout: 1000,
    });
    expect(result.started).toBe(false);
  });

  it("shows its page and takes what the page asks through the command for people", async () => {
    const target = await openGateway({ host });
    const proxy = await startProxy({ target, fetch: signed, port: 0, start: async () => {} });
    onTestFinished(async () => {
      await proxy.stop();
    });
    expect(await (await fetch(proxy.url)).text()).toContain("<title>MLflow</title>");
    const asked = await fetch(`${proxy.url}/ajax-api/2.0/mlflow/experiments/search`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: proxy.url, "sec-fetch-site": "same-origin" },
      body: '{"max_results":1}',
    });
    expect(asked.status).toBe(200);
  });

  it("would be rejected, had the gateway not overwritten Host", async () => {
    const trackingUri = await openGateway({ host, requestParameters: {} });
    const { experiments } = createMlflowClient({ trackingUri, fetch: signed });
    await expect(experiments.getOrCreate("rejected", "s3://bucket/rejected")).rejects.toThrow("Invalid Host header");
    await expect(startTrackingServer({ trackingUri, fetch: signed, timeout: 1000 })).rejects.toThrow(
      "rejects this caller",
    );
  });
});

describe("the check of MLflow's hosts", () => {
  it("sees an address where a name belongs, though the task looks healthy", async () => {
    const wrong = await startTask({ ALLOWED_HOSTS: `https://${apiName},mlflow.avocado-dev.internal` });
    onTestFinished(async () => {
      await wrong.stop();
    });
    for (const host of hosts) {
      const trackingUri = await openGateway({ host, target: wrong.url, requestParameters: {} });
      expect((await signed(`${trackingUri}/health`, { method: "GET" })).status).toBe(200);
      const { experiments } = createMlflowClient({ trackingUri, fetch: signed });
      await expect(experiments.getOrCreate("rejected", "s3://bucket/x")).rejects.toThrow("Invalid Host header");
    }
  });

  it("holds in the memory of the task, on a file system that only /tmp can be written to", async () => {
    const { outOfMemory, peakMegabytes } = await task.stop();
    expect([outOfMemory, peakMegabytes < registryOfTemplate().memoryMegabytes]).toEqual([false, true]);
  });
});
