import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Logger } from "@aws-lambda-powertools/logger";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { healthResponse, predictResponse } from "../../../../core/contracts/predict.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import { createApi } from "../../../../lambdas/predict/api.ts";
import { FetchError } from "../../../../lambdas/predict/fetch-error.ts";
import { apiEvent, lambdaContext, predictForm } from "../../../support/api-event.ts";
import { publishChampion } from "../../../support/champion.ts";

const logger = new Logger({ logLevel: "SILENT" });
let folder: string;
let store: FolderStore;
let api: ReturnType<typeof createApi>["handler"];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "api-"));
  store = new FolderStore(folder);
  api = createApi(() => ({ store, revision: "abc123" }), logger).handler;
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function call(event: APIGatewayProxyEventV2) {
  const response = await api(event, lambdaContext);
  return { ...response, body: JSON.parse(response.body ?? "null") };
}
/** A photograph of one shade of grey, for which the model answers shade / 25.5 days. */
const shade = (value: number) =>
  sharp({ create: { width: 50, height: 40, channels: 3, background: { r: value, g: value, b: value } } })
    .png()
    .toBuffer();

describe("POST /predict", () => {
  it("answers in the order of the photographs and says which model it was", async () => {
    const { sha256 } = await publishChampion(store, "7", 0);
    const form = predictForm([await shade(51), await shade(102), await shade(51)], ["T20", "T20", "T10"]);
    const { statusCode, body } = await call(await apiEvent("POST", "/predict", form));
    expect(statusCode).toBe(200);
    const { prediction, model, id } = predictResponse.parse(body);
    expect(prediction.map(({ estimated_days }) => Math.round(estimated_days * 1000) / 1000)).toEqual([2, 4, 4]);
    expect(model).toEqual({ name: "avocado-model", version: "7", alias: "champion", runId: "run-7", sha256 });
    expect(id).toBe("request-1");
  });

  it("never answers below 0", async () => {
    await publishChampion(store, "1", -9);
    const { body } = await call(await apiEvent("POST", "/predict", predictForm([await shade(0)], ["T20"])));
    expect(body.prediction).toEqual([{ estimated_days: 0 }]);
  });

  it("names the photograph that cannot be read", async () => {
    await publishChampion(store, "1", 0);
    const form = predictForm([await shade(1), Buffer.from("no photograph")], ["T20", "T20"]);
    const { statusCode, headers, body } = await call(await apiEvent("POST", "/predict", form));
    expect(statusCode).toBe(400);
    expect(headers?.["content-type"]).toBe("application/problem+json");
    expect(body).toMatchObject({ title: "Bad Request", status: 400, code: "InvalidImage" });
    expect(body.detail).toMatch(/^Invalid image file 2 \('photo-2.jpg'\): /);
  });

  it.each(["gif", "tiff"] as const)("answers 415 to %s", async (format) => {
    await publishChampion(store, "1", 0);
    const image = await sharp(await shade(1))
      .toFormat(format)
      .toBuffer();
    const { statusCode, body } = await call(await apiEvent("POST", "/predict", predictForm([image], ["T20"])));
    expect(statusCode).toBe(415);
    expect(body.detail).toMatch(/^Invalid image file 1/);
  });

  it("answers 413 to more megapixels than can be decoded safely", async () => {
    await publishChampion(store, "1", 0);
    const create = { width: 10_000, height: 5_001, channels: 3 as const, background: "black" };
    const image = await sharp({ create }).png({ compressionLevel: 1 }).toBuffer();
    const { statusCode } = await call(await apiEvent("POST", "/predict", predictForm([image], ["T20"])));
    expect(statusCode).toBe(413);
  });

  it("takes files first, then addresses, and names the address that cannot be loaded", async () => {
    await publishChampion(store, "1", 0);
    const asked: string[] = [];
    const fetchImage = async (url: string) => {
      asked.push(url);
      if (url.endsWith("bad")) throw new FetchError("it answers 404");
      return shade(102);
    };
    api = createApi(() => ({ store, fetchImage }), logger).handler;
    const form = predictForm([await shade(51)], ["T20", "T20"]);
    form.append("image_urls", "https://a.example/good");
    const { body } = await call(await apiEvent("POST", "/predict", form));
    expect(body.prediction.map((one: { estimated_days: number }) => Math.round(one.estimated_days))).toEqual([2, 4]);
    form.set("image_urls", "https://a.example/bad");
    const { statusCode, body: rejected } = await call(await apiEvent("POST", "/predict", form));
    expect(statusCode).toBe(400);
    expect(rejected.detail).toBe("Error loading image from URL https://a.example/bad: it answers 404.");
  });

  it("takes JSON with base64", async () => {
    await publishChampion(store, "1", 0);
    const base64 = (await shade(51)).toString("base64");
    const event = {
      ...(await apiEvent("POST", "/predict")),
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ images: [{ base64, storage_condition: "T10" }] }),
    };
    expect((await call(event)).body.prediction).toEqual([{ estimated_days: 4 }]);
  });

  it("gives up photographs that are not there after 20 s, before the gateway gives up", async () => {
    await publishChampion(store, "1", 3);
    const asked = Promise.withResolvers<void>();
    const fetchImage = (_: string, stop: AbortSignal) =>
      new Promise<never>((_, reject) => {
        stop.addEventListener("abort", () => reject(new FetchError(`${stop.reason.name}`)));
        asked.resolve();
      });
    api = createApi(() => ({ store, fetchImage }), logger).handler;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const form = predictForm([], ["T20"]);
    form.append("image_urls", "https://a.example/slow");
    const answering = call(await apiEvent("POST", "/predict", form));
    await asked.promise;
    vi.advanceTimersByTime(20_000);
    const { statusCode, body } = await answering;
    expect({ statusCode, detail: body.detail }).toMatchObject({
      statusCode: 400,
      detail: expect.stringContaining("TimeoutError"),
    });
  });

  it("answers with the model that it began with when another one is loaded meanwhile", async () => {
    await publishChampion(store, "1", 3);
    const photograph = Promise.withResolvers<Buffer>();
    const asked = Promise.withResolvers<void>();
    const fetchImage = () => {
      asked.resolve();
      return photograph.promise;
    };
    api = createApi(() => ({ store, fetchImage }), logger).handler;
    await call(await apiEvent("GET", "/health"));
    const form = predictForm([], ["T20"]);
    form.append("image_urls", "https://a.example/slow");
    const answering = call(await apiEvent("POST", "/predict", form));
    await asked.promise;
    await publishChampion(store, "2", 5);
    expect((await call(await apiEvent("POST", "/reload-model"))).body.model.version).toBe("2");
    photograph.resolve(await shade(0));
    expect((await answering).body).toMatchObject({ prediction: [{ estimated_days: 3 }], model: { version: "1" } });
  });

  it("publishes nothing of a photograph or of an address in its log", async () => {
    const lines: unknown[] = [];
    for (const level of ["error", "warn", "info"] as const) {
      vi.spyOn(logger, level).mockImplementation((...line) => void lines.push(line));
    }
    await publishChampion(store, "1", 0);
    const fetchImage = () => Promise.reject(new FetchError("it answers 404"));
    api = createApi(() => ({ store, fetchImage }), logger).handler;
    const form = predictForm([], ["T20"]);
    form.append("image_urls", "https://a.example/x?token=secret");
    await call(await apiEvent("POST", "/predict", form));
    expect(JSON.stringify(lines)).not.toMatch(/token|a\.example/);
  });

  it("tells the trace of a request's phases before it answers, rejected or not", async () => {
    await publishChampion(store, "1", 0);
    const traced: string[][] = [];
    const trace = async (spans: readonly { name: string }[]) => void traced.push(spans.map(({ name }) => name));
    api = createApi(() => ({ store }), logger, { trace }).handler;
    await call(await apiEvent("POST", "/predict", predictForm([await shade(1), await shade(2)], ["T20", "T20"])));
    await call(await apiEvent("POST", "/predict", predictForm([Buffer.from("no photograph")], ["T20"])));
    expect(traced).toEqual([
      ["parse", "decode", "decode", "infer"],
      ["parse", "decode"],
    ]);
  });

  it("answers 503 and when to come back before the first promotion", async () => {
    const { statusCode, headers, body } = await call(
      await apiEvent("POST", "/predict", predictForm([await shade(1)], ["T20"])),
    );
    expect(statusCode).toBe(503);
    expect(headers?.["retry-after"]).toBe("5");
    expect(body).toMatchObject({ code: "NoModel", detail: expect.stringContaining("No model has been promoted yet.") });
  });
});

describe("GET /health", () => {
  it("is well when the model answers", async () => {
    await publishChampion(store, "1", 0);
    const { statusCode, body } = await call(await apiEvent("GET", "/health"));
    expect(statusCode).toBe(200);
    const health = healthResponse.parse(body);
    expect(health.model.version).toBe("1");
    expect(health.source).toMatch(/^serving\/models\//);
    expect(health.revision).toBe("abc123");
  });

  it("is not well without a model", async () => {
    expect((await call(await apiEvent("GET", "/health"))).statusCode).toBe(503);
  });
});

describe("POST /reload-model", () => {
  it("loads the champion at once and says which", async () => {
    await publishChampion(store, "1", 0);
    await call(await apiEvent("GET", "/health"));
    await publishChampion(store, "2", 1);
    expect((await call(await apiEvent("POST", "/reload-model"))).body.model.version).toBe("2");
  });

  it("publishes the champion before it looks", async () => {
    await publishChampion(store, "1", 0);
    api = createApi(() => ({ store, republish: () => publishChampion(store, "3", 2) }), logger).handler;
    expect((await call(await apiEvent("POST", "/reload-model"))).body.model.version).toBe("3");
  });

  it("answers 502 with the reason when nothing can be published, and goes on serving", async () => {
    await publishChampion(store, "1", 0);
    api = createApi(() => ({ store, republish: () => Promise.reject(new Error("MLflow is away")) }), logger).handler;
    await call(await apiEvent("GET", "/health"));
    const { statusCode, body } = await call(await apiEvent("POST", "/reload-model"));
    expect(statusCode).toBe(502);
    expect(body.detail).toBe("The champion cannot be loaded: MLflow is away. Version 1 goes on serving.");
    expect((await call(await apiEvent("GET", "/health"))).statusCode).toBe(200);
  });
});

describe("anything else", () => {
  it("is 404", async () => {
    const { statusCode, body } = await call(await apiEvent("GET", "/secrets"));
    expect(statusCode).toBe(404);
    expect(body).toMatchObject({ code: "NotFound", detail: "There is no GET /secrets.", id: "request-1" });
  });

  it("is 405 where the path is known, and says which methods are", async () => {
    const { statusCode, headers } = await call(await apiEvent("GET", "/predict"));
    expect(statusCode).toBe(405);
    expect(headers?.allow).toBe("POST");
  });

  it("is a plain 500 that leaks nothing, and is logged", async () => {
    const error = vi.spyOn(logger, "error");
    api = createApi(() => {
      throw new Error("secret-bucket is on fire");
    }, logger).handler;
    const { statusCode, body } = await call(await apiEvent("GET", "/health"));
    expect(statusCode).toBe(500);
    expect(JSON.stringify(body)).not.toContain("secret");
    expect(error).toHaveBeenCalledOnce();
  });
});

describe("every answer", () => {
  it("carries the request's id, success or not", async () => {
    for (const path of ["/", "/secrets"]) {
      const { headers } = await call(await apiEvent("GET", path));
      expect(headers).toMatchObject({ "x-request-id": "request-1", "x-content-type-options": "nosniff" });
    }
  });

  it.each([
    ["gzip, br", true],
    ["gzip;q=0, br", false],
    ["", false],
  ])("is compressed for who accepts %j: %s", async (accepted, compressed) => {
    const event = { ...(await apiEvent("GET", "/openapi.json")), headers: { "accept-encoding": accepted } };
    const { headers, body = "", isBase64Encoded } = await api(event, lambdaContext);
    expect(headers?.["content-encoding"]).toBe(compressed ? "gzip" : undefined);
    const text = isBase64Encoded ? gunzipSync(Buffer.from(body, "base64")).toString() : body;
    expect(JSON.parse(text).openapi).toBe("3.1.0");
  });

  it("is left alone when it is small", async () => {
    const event = { ...(await apiEvent("GET", "/")), headers: { "accept-encoding": "gzip" } };
    expect((await api(event, lambdaContext)).isBase64Encoded).toBeFalsy();
  });
});

describe("GET /docs", () => {
  it("is made of files that are all there, and of nothing from elsewhere", async () => {
    const { body: page = "", headers } = await api(await apiEvent("GET", "/docs"), lambdaContext);
    expect(headers?.["content-type"]).toContain("text/html");
    const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file);
    expect(files).toHaveLength(3);
    for (const file of files) {
      expect((await api(await apiEvent("GET", `/${file}`), lambdaContext)).statusCode).toBe(200);
    }
  });

  it.each(["package.json", "..", "toString"])("gives no other file: %s", async (name) => {
    expect((await call(await apiEvent("GET", `/docs/${name}`))).statusCode).toBe(404);
  });
});
