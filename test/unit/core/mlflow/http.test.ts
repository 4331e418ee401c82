import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createMlflowClient } from "../../../../core/mlflow/client.ts";
import { MlflowHttp } from "../../../../core/mlflow/http.ts";
import { answer, startFileHost } from "../../../support/file-host.ts";
import { type Answer, lostAnswer, startAnswering } from "../../../support/http.ts";

const json = (body: unknown, status = 200): Answer => ({ status, body: JSON.stringify(body) });
const text = (body: string, status: number): Answer => ({ status, body });

async function server(...answers: [Answer, ...Answer[]]) {
  const { address, asked } = await startAnswering(...answers);
  const options = { trackingUri: `${address}/`, backoff: 1, maxWait: 0 };
  return { asked, address, http: new MlflowHttp(options), client: createMlflowClient(options) };
}

const anything = z.unknown();
const run = {
  info: { run_id: "r1", experiment_id: "1", status: "RUNNING", artifact_uri: "s3://b/mlflow/e/r1/artifacts" },
};

describe("MlflowHttp", () => {
  it.each([429, 502, 503, 504])("tries again after status %i", async (status) => {
    const { asked, http } = await server(text("away", status), json({ ok: true }));
    await expect(http.get("runs/get", {}, anything)).resolves.toEqual({ ok: true });
    expect(asked).toHaveLength(2);
  });

  it("tries again after a network error", async () => {
    const { asked, http } = await server(lostAnswer, lostAnswer, json({}));
    await http.get("runs/get", {}, anything);
    expect(asked).toHaveLength(3);
  });

  it("gives up after the attempts it has, naming address, reason and what to do", async () => {
    const { asked, http, address } = await server(text("", 503));
    await expect(http.get("runs/get", {}, anything)).rejects.toMatchObject({
      name: "Transient",
      message: `MLflow at ${address} does not answer GET runs/get (status 503). Check that it runs and can be reached there, then start the execution again.`,
    });
    expect(asked).toHaveLength(5);
  });

  it("waits longer while a gateway says that nothing answers behind it", async () => {
    const unavailable = Array<Answer>(6).fill(text("", 503));
    const { address, asked } = await startAnswering(text("", 504), ...unavailable, json({ ok: true }));
    const http = new MlflowHttp({ trackingUri: address, backoff: 1, maxWait: 5000 });
    await expect(http.get("runs/get", {}, anything)).resolves.toEqual({ ok: true });
    expect(asked).toHaveLength(8);
  });

  it("waits as long as Retry-After says", async () => {
    const { address } = await startFileHost(answer(429, "", { "retry-after": "1" }), answer(200, "{}"));
    const started = performance.now();
    await new MlflowHttp({ trackingUri: address, backoff: 1 }).get("runs/get", {}, anything);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it("gives up an attempt that gets no answer in time", async () => {
    const { address } = await startFileHost(() => undefined);
    const http = new MlflowHttp({ trackingUri: address, attempts: 1, timeout: 20 });
    await expect(http.get("runs/get", {}, anything)).rejects.toThrow(/does not answer GET runs\/get \(.*timeout/);
  });

  it("names the cause of a network error", async () => {
    const { http } = await server(lostAnswer);
    await expect(http.get("runs/get", {}, anything)).rejects.toThrow("(other side closed)");
  });

  it("does not repeat what MLflow rejects, and keeps its code", async () => {
    const { asked, http } = await server(json({ error_code: "RESOURCE_DOES_NOT_EXIST", message: "No run x" }, 404));
    await expect(http.get("runs/get", {}, anything)).rejects.toMatchObject({
      name: "MlflowError",
      errorCode: "RESOURCE_DOES_NOT_EXIST",
      status: 404,
      message: "MLflow rejected GET runs/get (RESOURCE_DOES_NOT_EXIST): No run x",
    });
    expect(asked).toHaveLength(1);
  });

  it("understands a rejection in plain text", async () => {
    const { http } = await server(text("Permission denied", 403));
    await expect(http.get("runs/get", {}, anything)).rejects.toMatchObject({ errorCode: "PERMISSION_DENIED" });
  });

  it("says what to do about MLflow's host check", async () => {
    const { http, address } = await server(text("Invalid Host header - possible DNS rebinding attack detected", 403));
    await expect(http.get("x", {}, anything)).rejects.toThrow(
      `Name ${new URL(address).host} in the server's --allowed-hosts.`,
    );
  });

  it("says so when something else than MLflow answers", async () => {
    const { client, address } = await server(text("<html>", 200));
    await expect(client.runs.get("r1")).rejects.toThrow(`is ${address} MLflow 3?`);
  });
});

describe("creating", () => {
  it("does not create a run twice when the answer to the first attempt is lost", async () => {
    const { asked, client } = await server(text("", 504), json({ runs: [run] }));
    await expect(client.runs.create("1", "name", {})).resolves.toMatchObject({ runId: "r1" });
    expect(asked.map(({ path }) => path.split("/mlflow/").at(-1))).toEqual(["runs/create", "runs/search"]);
  });

  it("creates again when the first attempt came to nothing", async () => {
    const { asked, client } = await server(text("", 504), json({ runs: [] }), json({ run }));
    await expect(client.runs.create("1", "name", {})).resolves.toMatchObject({ runId: "r1" });
    expect(asked).toHaveLength(3);
  });
});

describe("logging", () => {
  it("splits to the limits of one call", async () => {
    const { asked, client } = await server(json({}));
    const metrics = Array.from({ length: 1001 }, (_, step) => ({ key: "loss", value: step, step }));
    const params = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`p${i}`, i]));
    await client.runs.log("r1", { metrics, params });
    const sizes = asked.map(({ body }) => {
      const batch = body as { metrics?: unknown[]; params?: unknown[] };
      return [batch.params?.length ?? 0, batch.metrics?.length ?? 0];
    });
    expect(sizes).toEqual([
      [100, 0],
      [1, 0],
      [0, 1000],
      [0, 1],
    ]);
  });

  it("keeps values that JSON does not have", async () => {
    const { asked, client } = await server(json({}));
    await client.runs.log("r1", { metrics: [{ key: "loss", value: Number.NaN }] });
    expect(asked[0]?.body).toMatchObject({ metrics: [{ key: "loss", value: "NaN" }] });
  });
});

describe("experiments", () => {
  it("rejects one that has been deleted", async () => {
    const experiment = { experiment_id: "1", name: "e", artifact_location: "s3://b/e", lifecycle_stage: "deleted" };
    const { client } = await server(json({ experiment }));
    await expect(client.experiments.getOrCreate("e", "s3://b")).rejects.toThrow(
      "'e' has been deleted in MLflow. Restore it",
    );
  });
});

describe("aliases", () => {
  it("knows a missing alias from a wrong one", async () => {
    const rejection = (message: string) => json({ error_code: "INVALID_PARAMETER_VALUE", message }, 400);
    const { client } = await server(
      rejection("Registered model alias champion not found."),
      rejection("alias v1 is reserved"),
    );
    await expect(client.registry.getAlias("m", "champion")).resolves.toBeUndefined();
    await expect(client.registry.getAlias("m", "v1")).rejects.toThrow("reserved");
  });
});
