import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import type { S3Store } from "../../../aws/s3-store.ts";
import { servingKeys } from "../../../core/contracts/model.ts";
import { writeJson } from "../../../core/storage.ts";
import { localAws } from "../../../local/ministack.ts";
import { askHandler, listen } from "../../support/adapters.ts";
import { predictForm } from "../../support/api-event.ts";
import { publishChampion } from "../../support/champion.ts";
import {
  cutting,
  type Fault,
  type FaultyProxy,
  failing,
  halfway,
  silent,
  startFaultyProxy,
} from "../../support/faulty-proxy.ts";
import { createBucket } from "../../support/ministack.ts";
import { tinyModel } from "../../support/models.ts";
import { createPublishFunction } from "../../support/publish-function.ts";

/*
 * What clients see while something behind the API is in trouble: the Lambda's own handler behind HTTP, with S3 and MLflow
 * behind proxies that misbehave. An instance either holds a model already, or starts in the middle of it.
 */
let aws: FaultyProxy;
let mlflow: FaultyProxy;
let bucket: string;
let store: S3Store;
let folder: string;
let photograph: Uint8Array;

beforeEach(async () => {
  const services = inject("services");
  aws = await startFaultyProxy(services.aws);
  mlflow = await startFaultyProxy(services.mlflow);
  bucket = `faults-${Date.now()}`;
  store = await createBucket(services.aws, bucket);
  folder = mkdtempSync(join(tmpdir(), "faults-"));
  const black = { create: { width: 8, height: 8, channels: 3 as const, background: "black" } };
  photograph = await sharp(black).png().toBuffer();
  // An instance looks for a champion every 30 s: the tests turn its clock, not their own timers.
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await aws.stop();
  await mlflow.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A fresh instance of the Lambda, at an address. */
async function startInstance(): Promise<string> {
  const environment = {
    ...localAws(aws.url),
    TMPDIR: mkdtempSync(join(folder, "instance-")),
    ARTIFACT_BUCKET: bucket,
    UPLOAD_BUCKET: bucket,
    PUBLISH_FUNCTION: await createPublishFunction(inject("services").aws, bucket, mlflow.url),
    POWERTOOLS_LOG_LEVEL: "SILENT",
    POWERTOOLS_METRICS_DISABLED: "true",
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  const { handler } = await import("../../../lambdas/predict/handler.ts");
  return listen(askHandler(handler), { reloadToken: "secret" });
}

/** Then the gateway answers itself, with 503 and no word on why. */
const gatewayMilliseconds = 29_000;

interface Seen {
  status: number;
  /** The model's version, or the problem's code. */
  what: string;
  retryAfter: string | null;
  seconds: number;
  detail?: string;
}

async function see(address: string, path: string, init: RequestInit): Promise<Seen> {
  const started = performance.now();
  const response = await fetch(address + path, { ...init, signal: AbortSignal.timeout(gatewayMilliseconds) });
  const { model, code, detail } = await response.json();
  const seconds = (performance.now() - started) / 1000;
  const what = response.ok ? `version ${model.version}` : code;
  return { status: response.status, what, retryAfter: response.headers.get("retry-after"), seconds, detail };
}
const predict = (address: string) =>
  see(address, "/predict", { method: "POST", body: predictForm([photograph], ["T20"]) });
const reload = (address: string) =>
  see(address, "/reload-model", { method: "POST", headers: { authorization: "Bearer secret" } });
const second = () => publishChampion(store, "2", 2);
const later = () => vi.setSystemTime(Date.now() + 31_000);
/** What clients saw, for people. */
const table: string[] = [];
const report = (fault: string, who: string, { status, what, seconds }: Seen) =>
  table.push(`${fault.padEnd(34)} ${who.padEnd(14)} ${`${status} ${what}`.padEnd(22)} after ${seconds.toFixed(1)} s`);
afterAll(() => console.log(table.join("\n")));

describe.each<[string, () => Fault | undefined | Promise<void>]>([
  ["S3 answers 500", () => failing],
  ["S3 cuts connections", () => cutting],
  ["S3 does not answer", () => silent],
  ["S3 falls silent within the model", () => halfway(/serving\/models/, tinyModel(2).length, "silent")],
  ["S3 breaks off within the model", () => halfway(/serving\/models/, tinyModel(2).length, "cut")],
  ["the model is truncated", async () => store.write((await second()).key, tinyModel(2).subarray(0, 300))],
  ["the model's hash is wrong", async () => void (await publishChampion(store, "2", 2, { sha256: "0".repeat(64) }))],
  [
    "the model is gone",
    async () => writeJson(store, servingKeys.manifest, { ...(await second()), key: "serving/gone" }),
  ],
  ["the manifest is not valid JSON", () => store.write(servingKeys.manifest, "{")],
])("while %s", (fault, begin) => {
  it("an instance that holds a model answers with it at once, and loads the next one when it is over", async () => {
    await publishChampion(store, "1", 1);
    const address = await startInstance();
    expect(await predict(address)).toMatchObject({ status: 200, what: "version 1" });
    await publishChampion(store, "2", 2);
    aws.setFault((await begin()) || undefined);
    later();
    const seen = await predict(address);
    report(fault, "holds a model", seen);
    expect(seen).toMatchObject({ status: 200, what: "version 1" });
    aws.setFault();
    await publishChampion(store, "3", 3);
    const predictLater = () => {
      later();
      return predict(address);
    };
    await expect
      .poll(predictLater, { timeout: 40_000, interval: 500 })
      .toMatchObject({ status: 200, what: "version 3" });
  });

  it("an instance that starts answers 503 and when to come back, sooner than the gateway would, and serves when it is over", async () => {
    await publishChampion(store, "2", 2);
    aws.setFault((await begin()) || undefined);
    const address = await startInstance();
    const seen = await predict(address);
    report(fault, "starts", seen);
    expect(seen).toMatchObject({ status: 503, what: "ModelUnavailable", retryAfter: "5" });
    expect(seen.detail).toBe("The model cannot be loaded at the moment.");
    aws.setFault();
    await publishChampion(store, "3", 3);
    expect(await predict(address)).toMatchObject({ status: 200, what: "version 3" });
  });
});

describe.each<[string, Fault]>([
  ["MLflow is stopped", cutting],
  ["MLflow answers 500", failing],
  ["MLflow does not answer", silent],
])("while %s", (fault, how) => {
  it("predictions do not notice, and a reload says so while the model goes on serving", async () => {
    await publishChampion(store, "1", 1);
    mlflow.setFault(how);
    const address = await startInstance();
    const seen = await predict(address);
    report(fault, "predict", seen);
    expect(seen).toMatchObject({ status: 200, what: "version 1" });
    const rejected = await reload(address);
    report(fault, "reload", rejected);
    expect(rejected).toMatchObject({ status: 502, what: "ModelRejected" });
    expect(rejected.detail).toMatch(/MLflow.*Version 1 goes on serving\.$/s);
    expect(await predict(address)).toMatchObject({ status: 200, what: "version 1" });
  });
});

describe("while S3 answers 500", () => {
  it("a photograph that was uploaded cannot be asked about: 503 and when to come back", async () => {
    await publishChampion(store, "1", 1);
    const upload_key = `uploads/${"a".repeat(43)}`;
    await store.write(upload_key, photograph);
    const address = await startInstance();
    const body = JSON.stringify({ images: [{ upload_key, storage_condition: "T20" }] });
    const ask = () =>
      see(address, "/predict", { method: "POST", headers: { "content-type": "application/json" }, body });
    expect(await ask()).toMatchObject({ status: 200 });
    aws.setFault(failing);
    expect(await ask()).toMatchObject({ status: 503, what: "UploadsUnavailable", retryAfter: "5" });
  });
});
