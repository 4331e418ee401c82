import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Logger } from "@aws-lambda-powertools/logger";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createApi } from "../../../api/api.ts";
import { FetchError } from "../../../api/fetch-error.ts";
import { healthResponse, predictResponse } from "../../../core/contracts/predict.ts";
import { FolderStore } from "../../../core/folder-store.ts";
import { type Ask, adapters } from "../../support/adapters.ts";
import { apiRequest, predictForm } from "../../support/api-event.ts";
import { publishChampion } from "../../support/champion.ts";

const logger = new Logger({ logLevel: "SILENT" });
/** A photograph of one shade of grey, for which the model answers shade / 25.5 days. */
const shade = (value: number) =>
  sharp({ create: { width: 50, height: 40, channels: 3, background: { r: value, g: value, b: value } } })
    .png()
    .toBuffer();

// One contract, whatever the API runs behind.
describe.each(adapters)("through %s", (_, adapt) => {
  let folder: string;
  let store: FolderStore;
  let ask: Ask;

  /** Has another API answer from now on. */
  async function start(...api: Parameters<typeof createApi>): Promise<void> {
    ask = await adapt(createApi(...api).fetch);
  }
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "api-"));
    store = new FolderStore(folder);
    await start(() => ({ store, revision: "abc123" }), logger);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  async function call(method: string, path: string, init: RequestInit = {}) {
    const { bytes, ...answered } = await ask(apiRequest(method, path, init));
    return { ...answered, body: JSON.parse(bytes.toString() || "null") };
  }
  const predict = (form: FormData) => call("POST", "/predict", { body: form });

  describe("POST /predict", () => {
    it("answers in the order of the photographs and says which model it was", async () => {
      const { sha256 } = await publishChampion(store, "7", 0);
      const form = predictForm([await shade(51), await shade(102), await shade(51)], ["T20", "T20", "T10"]);
      const { status, headers, body } = await predict(form);
      expect(status).toBe(200);
      const { prediction, model, id } = predictResponse.parse(body);
      expect(prediction.map(({ estimated_days }) => Math.round(estimated_days * 1000) / 1000)).toEqual([2, 4, 4]);
      expect(model).toEqual({ name: "avocado-model", version: "7", alias: "champion", runId: "run-7", sha256 });
      expect(id).toBe(headers["x-request-id"]);
    });

    it("never answers below 0", async () => {
      await publishChampion(store, "1", -9);
      const { body } = await predict(predictForm([await shade(0)], ["T20"]));
      expect(body.prediction).toEqual([{ estimated_days: 0 }]);
    });

    it("names the photograph that cannot be read", async () => {
      await publishChampion(store, "1", 0);
      const form = predictForm([await shade(1), Buffer.from("no photograph")], ["T20", "T20"]);
      const { status, headers, body } = await predict(form);
      expect(status).toBe(400);
      expect(headers?.["content-type"]).toBe("application/problem+json");
      expect(body).toMatchObject({ title: "Bad Request", status: 400, code: "InvalidImage" });
      expect(body.detail).toMatch(/^Invalid image file 2 \('photo-2.jpg'\): /);
    });

    it.each(["gif", "tiff"] as const)("answers 415 to %s", async (format) => {
      await publishChampion(store, "1", 0);
      const image = await sharp(await shade(1))
        .toFormat(format)
        .toBuffer();
      const { status, body } = await predict(predictForm([image], ["T20"]));
      expect(status).toBe(415);
      expect(body.detail).toMatch(/^Invalid image file 1/);
    });

    it("answers 413 to more megapixels than can be decoded safely", async () => {
      await publishChampion(store, "1", 0);
      const create = { width: 10_000, height: 5_001, channels: 3 as const, background: "black" };
      const image = await sharp({ create }).png({ compressionLevel: 1 }).toBuffer();
      const { status } = await predict(predictForm([image], ["T20"]));
      expect(status).toBe(413);
    });

    it("takes files first, then addresses, and names the address that cannot be loaded", async () => {
      await publishChampion(store, "1", 0);
      const asked: string[] = [];
      const fetchImage = async (url: string) => {
        asked.push(url);
        if (url.endsWith("bad")) throw new FetchError("it answers 404");
        return shade(102);
      };
      await start(() => ({ store, fetchImage }), logger);
      const form = predictForm([await shade(51)], ["T20", "T20"]);
      form.append("image_urls", "https://a.example/good");
      const { body } = await predict(form);
      expect(body.prediction.map((one: { estimated_days: number }) => Math.round(one.estimated_days))).toEqual([2, 4]);
      form.set("image_urls", "https://a.example/bad");
      const { status, body: rejected } = await predict(form);
      expect(status).toBe(400);
      expect(rejected.detail).toBe("Error loading image from URL https://a.example/bad: it answers 404.");
    });

    it("takes JSON with base64", async () => {
      await publishChampion(store, "1", 0);
      const base64 = (await shade(51)).toString("base64");
      const headers = { "content-type": "application/json" };
      const json = JSON.stringify({ images: [{ base64, storage_condition: "T10" }] });
      const { body } = await call("POST", "/predict", { headers, body: json });
      expect(body.prediction).toEqual([{ estimated_days: 4 }]);
    });

    it("gives up photographs that are not there after 20 s, before the gateway gives up", async () => {
      await publishChampion(store, "1", 3);
      const asked = Promise.withResolvers<void>();
      const fetchImage = (_: string, stop: AbortSignal) =>
        new Promise<never>((_, reject) => {
          stop.addEventListener("abort", () => reject(new FetchError(`${stop.reason.name}`)));
          asked.resolve();
        });
      await start(() => ({ store, fetchImage }), logger);
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      onTestFinished(() => void vi.useRealTimers());
      const form = predictForm([], ["T20"]);
      form.append("image_urls", "https://a.example/slow");
      const answering = predict(form);
      await asked.promise;
      vi.advanceTimersByTime(20_000);
      const { status, body } = await answering;
      expect({ status, detail: body.detail }).toMatchObject({
        status: 400,
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
      await start(() => ({ store, fetchImage }), logger);
      await call("GET", "/health");
      const form = predictForm([], ["T20"]);
      form.append("image_urls", "https://a.example/slow");
      const answering = predict(form);
      await asked.promise;
      await publishChampion(store, "2", 5);
      expect((await call("POST", "/reload-model")).body.model.version).toBe("2");
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
      await start(() => ({ store, fetchImage }), logger);
      const form = predictForm([], ["T20"]);
      form.append("image_urls", "https://a.example/x?token=secret");
      await predict(form);
      expect(JSON.stringify(lines)).not.toMatch(/token|a\.example/);
    });

    it("tells the trace of a request's phases before it answers, rejected or not", async () => {
      await publishChampion(store, "1", 0);
      const traced: string[][] = [];
      const observer = {
        traced: async (spans: readonly { name: string }[]) => void traced.push(spans.map(({ name }) => name)),
      };
      await start(() => ({ store }), logger, observer);
      await predict(predictForm([await shade(1), await shade(2)], ["T20", "T20"]));
      await predict(predictForm([Buffer.from("no photograph")], ["T20"]));
      expect(traced).toEqual([
        ["parse", "decode", "decode", "infer"],
        ["parse", "decode"],
      ]);
    });

    it.each([
      ["fields of more characters than an address may have", "FieldTooLong", 400],
      ["more photographs than a request may hold", "TooManyImages", 400],
      ["a photograph of more than 10 MB", "ImageTooLarge", 413],
    ])("rejects %s, wherever in the form", async (_, code, status) => {
      await publishChampion(store, "1", 0);
      const photographs = code === "TooManyImages" ? Array(17).fill(await shade(1)) : [await shade(1)];
      if (code === "ImageTooLarge") photographs.push(new Uint8Array(10_000_001));
      const form = predictForm(photographs, Array(photographs.length).fill("T20"));
      if (code === "FieldTooLong") form.append("image_urls", `https://a.example/${"x".repeat(2_048)}`);
      expect(await predict(form)).toMatchObject({ status, body: { code, status } });
    });

    it("reads every byte of a form of many photographs", async () => {
      await publishChampion(store, "1", 0);
      const shades = [0, 51, 102, 153, 204, 255];
      // Large enough to arrive in many pieces.
      const noise = (value: number) =>
        sharp({ create: { width: 400, height: 400, channels: 3, background: { r: value, g: value, b: value } } })
          .png({ compressionLevel: 0 })
          .toBuffer();
      const form = predictForm(await Promise.all(shades.map(noise)), Array(6).fill("T20"));
      const { body } = await predict(form);
      const days = body.prediction.map((one: { estimated_days: number }) => Math.round(one.estimated_days));
      expect(days).toEqual([0, 2, 4, 6, 8, 10]);
    });

    it("answers 503 and when to come back before the first promotion", async () => {
      const { status, headers, body } = await predict(predictForm([await shade(1)], ["T20"]));
      expect(status).toBe(503);
      expect(headers?.["retry-after"]).toBe("5");
      expect(body).toMatchObject({
        code: "NoModel",
        detail: expect.stringContaining("No model has been promoted yet."),
      });
    });
  });

  describe("GET /health", () => {
    it("is well when the model answers", async () => {
      await publishChampion(store, "1", 0);
      const { status, body } = await call("GET", "/health");
      expect(status).toBe(200);
      const health = healthResponse.parse(body);
      expect(health.model.version).toBe("1");
      expect(health.source).toMatch(/^serving\/models\//);
      expect(health.revision).toBe("abc123");
    });

    it("is not well without a model", async () => {
      expect((await call("GET", "/health")).status).toBe(503);
    });
  });

  describe("POST /reload-model", () => {
    it("loads the champion at once and says which", async () => {
      await publishChampion(store, "1", 0);
      await call("GET", "/health");
      await publishChampion(store, "2", 1);
      expect((await call("POST", "/reload-model")).body.model.version).toBe("2");
    });

    it("publishes the champion before it looks", async () => {
      await publishChampion(store, "1", 0);
      await start(() => ({ store, republish: () => publishChampion(store, "3", 2) }), logger);
      expect((await call("POST", "/reload-model")).body.model.version).toBe("3");
    });

    it("answers 502 with the reason when nothing can be published, and goes on serving", async () => {
      await publishChampion(store, "1", 0);
      await start(() => ({ store, republish: () => Promise.reject(new Error("MLflow is away")) }), logger);
      await call("GET", "/health");
      const { status, body } = await call("POST", "/reload-model");
      expect(status).toBe(502);
      expect(body.detail).toBe("The champion cannot be loaded: MLflow is away. Version 1 goes on serving.");
      expect((await call("GET", "/health")).status).toBe(200);
    });
  });

  describe("anything else", () => {
    it("is 404", async () => {
      const { status, body } = await call("GET", "/secrets");
      expect(status).toBe(404);
      expect(body).toMatchObject({ code: "NotFound", detail: "There is no GET /secrets." });
    });

    it("is 405 where the path is known, and says which methods are", async () => {
      const { status, headers } = await call("GET", "/predict");
      expect(status).toBe(405);
      expect(headers?.allow).toBe("POST");
    });

    it.each(["OPTIONS", "PUT", "DELETE"])("is 405 with %s too", async (method) => {
      const { status, headers, body } = await call(method, "/predict");
      expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: "POST" });
      expect(body.detail).toBe(`There is no ${method} /predict, only POST.`);
    });

    it("is not in the way of HEAD, which is answered as GET is", async () => {
      await publishChampion(store, "1", 0);
      const { status, headers } = await ask(apiRequest("HEAD", "/health"));
      expect({ status, type: headers["content-type"] }).toEqual({ status: 200, type: "application/json" });
      expect((await ask(apiRequest("HEAD", "/predict"))).status).toBe(405);
    });

    it("is a plain 500 that leaks nothing, and is logged", async () => {
      const error = vi.spyOn(logger, "error");
      await start(() => {
        throw new Error("secret-bucket is on fire");
      }, logger);
      const { status, body } = await call("GET", "/health");
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toContain("secret");
      expect(error).toHaveBeenCalledOnce();
    });
  });

  describe("every answer", () => {
    it("carries the request's id, success or not", async () => {
      for (const path of ["/", "/secrets"]) {
        const { headers, body } = await call("GET", path);
        expect(headers).toMatchObject({ "x-request-id": expect.any(String), "x-content-type-options": "nosniff" });
        if (path === "/secrets") expect(body.id).toBe(headers["x-request-id"]);
      }
    });

    it.each([
      ["gzip, br", true],
      ["gzip;q=0, br", false],
      ["", false],
    ])("is compressed for who accepts %j: %s", async (accepted, compressed) => {
      const request = apiRequest("GET", "/openapi.json", { headers: { "accept-encoding": accepted } });
      const { headers, bytes } = await ask(request);
      expect(headers["content-encoding"]).toBe(compressed ? "gzip" : undefined);
      expect(headers.vary).toBe("accept-encoding");
      const text = (compressed ? gunzipSync(bytes) : bytes).toString();
      expect(JSON.parse(text).openapi).toBe("3.1.0");
    });

    it("is left alone when it is small", async () => {
      const { headers } = await ask(apiRequest("GET", "/", { headers: { "accept-encoding": "gzip" } }));
      expect(headers).not.toHaveProperty("content-encoding");
    });
  });

  describe("GET /docs", () => {
    it("is made of files that are all there, and of nothing from elsewhere", async () => {
      const { bytes, headers } = await ask(apiRequest("GET", "/docs"));
      expect(headers["content-type"]).toContain("text/html");
      const files = [...bytes.toString().matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file);
      expect(files).toHaveLength(3);
      for (const file of files) {
        expect((await ask(apiRequest("GET", `/${file}`))).status).toBe(200);
      }
    });

    it.each(["package.json", "toString"])("gives no other file: %s", async (name) => {
      expect((await call("GET", `/docs/${name}`)).status).toBe(404);
    });
  });
});
