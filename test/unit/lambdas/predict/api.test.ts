import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { healthResponse, predictResponse } from "../../../../core/contracts/predict.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import { createApi } from "../../../../lambdas/predict/api.ts";
import { apiEvent, lambdaContext, predictForm } from "../../../support/api-event.ts";
import { publishChampion } from "../../../support/champion.ts";

const logger = new Logger({ logLevel: "SILENT" });
let folder: string;
let store: FolderStore;
let api: ReturnType<typeof createApi>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "api-"));
  store = new FolderStore(folder);
  api = createApi(() => store, logger);
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
    expect(healthResponse.parse(body).model.version).toBe("1");
  });

  it("is not well without a model", async () => {
    expect((await call(await apiEvent("GET", "/health"))).statusCode).toBe(503);
  });
});

describe("POST /reload-model", () => {
  it("takes up the champion at once and says which", async () => {
    await publishChampion(store, "1", 0);
    await call(await apiEvent("GET", "/health"));
    await publishChampion(store, "2", 1);
    expect((await call(await apiEvent("POST", "/reload-model"))).body.model.version).toBe("2");
  });
});

describe("anything else", () => {
  it("is 404", async () => {
    const { statusCode, body } = await call(await apiEvent("GET", "/predict"));
    expect(statusCode).toBe(404);
    expect(body.detail).toBe("There is no GET /predict.");
  });

  it("is a plain 500 that leaks nothing, and is logged", async () => {
    const error = vi.spyOn(logger, "error");
    api = createApi(() => {
      throw new Error("secret-bucket is on fire");
    }, logger);
    const { statusCode, body } = await call(await apiEvent("GET", "/health"));
    expect(statusCode).toBe(500);
    expect(JSON.stringify(body)).not.toContain("secret");
    expect(error).toHaveBeenCalledOnce();
  });
});
