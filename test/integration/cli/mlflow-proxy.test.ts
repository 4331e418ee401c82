import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startProxy } from "../../../cli/commands/mlflow/proxy.ts";
import { findPythonBin } from "../../../scripts/setup/find-python.ts";
import { root } from "../../../scripts/setup/paths.ts";

let proxy: Awaited<ReturnType<typeof startProxy>>;
beforeAll(async () => {
  proxy = await startProxy({ target: inject("services").mlflow, fetch, port: 0, start: async () => {} });
});
afterAll(() => proxy?.stop());

describe("the proxy before a real MLflow", () => {
  it("serves Python's client: experiments, runs, metrics, searches and artifacts with spaces in their names", async () => {
    const env = {
      ...process.env,
      MLFLOW_TRACKING_URI: proxy.url,
      MLFLOW_S3_ENDPOINT_URL: inject("services").aws,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    const args = [join(root, "test/fixtures/use-mlflow.py"), `proxied experiment ${randomUUID().slice(0, 8)}`];
    const { stdout } = await promisify(execFile)(findPythonBin("python"), args, { env });
    const seen = JSON.parse(stdout.slice(stdout.indexOf('{"run"')));
    expect(seen).toMatchObject({ found: [seen.run], history: [3, 2, 1], text: "kept in S3" });
  });

  it("shows the page and takes what the page asks", async () => {
    const page = await fetch(proxy.url);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);
    const asked = await fetch(`${proxy.url}/ajax-api/2.0/mlflow/experiments/search`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: proxy.url, "sec-fetch-site": "same-origin" },
      body: '{"max_results":1}',
    });
    expect(asked.status).toBe(200);
  });

  it("rejects another name for this machine before it forwards anything", async () => {
    const { port } = new URL(proxy.url);
    const sent = request({ host: "127.0.0.1", port, path: "/version", headers: { host: `evil.example.com:${port}` } });
    const [status, body] = await new Promise<[number | undefined, string]>((resolve, reject) => {
      sent.on("response", (response) => {
        text(response).then((words) => resolve([response.statusCode, words]), reject);
      });
      sent.on("error", reject).end();
    });
    expect([status, body]).toEqual([403, expect.stringContaining(`not to 'evil.example.com:${port}'`)]);
  });
});
