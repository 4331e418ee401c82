import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Logger } from "@aws-lambda-powertools/logger";
import sharp from "sharp";
import { request } from "undici";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../../../../../api/api.ts";
import { MemoryBudget } from "../../../../../api/memory.ts";
import type { ServerSettings } from "../../../../../cli/commands/serve/http-server.ts";
import { FolderStore } from "../../../../../core/folder-store.ts";
import { listen } from "../../../../support/adapters.ts";
import { apiRequest, predictForm } from "../../../../support/api-event.ts";
import { publishChampion } from "../../../../support/champion.ts";
import { sendRaw } from "../../../../support/raw-http.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const logger = new Logger({ logLevel: "SILENT" });
let photograph: Buffer;
let folder: string;
let store: FolderStore;
/** What the photographs wait for whose address is named. */
let fetched: PromiseWithResolvers<Uint8Array>;
/** How many of them are waited for. */
let waiting: number;

beforeAll(async () => {
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  const create = { width: 1_200, height: 1_100, channels: 3 as const, background: "grey", noise };
  photograph = await sharp({ create }).png({ compressionLevel: 0 }).toBuffer();
  expect(photograph.length).toBeGreaterThan(3_900_000);
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "held-"));
  store = new FolderStore(folder);
  await publishChampion(store, "1", 0);
  fetched = Promise.withResolvers();
  waiting = 0;
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** The API behind Node's HTTP server. */
function start(memory: MemoryBudget, settings: ServerSettings = {}): Promise<string> {
  const fetchImage = () => {
    waiting++;
    return fetched.promise;
  };
  return listen(createApi(() => ({ store, fetchImage }), logger).fetch, { memory, ...settings });
}

/** Two photographs, and the address of one that is waited for. */
async function upload() {
  const form = predictForm([photograph, photograph], ["T20", "T20", "T20"]);
  form.append("image_urls", "https://a.example/late");
  const whole = apiRequest("POST", "/predict", { body: form });
  const type = whole.headers.get("content-type") ?? "";
  return { type, bytes: Buffer.from(await whole.bytes()) };
}
/** Sends it without a copy, which would be counted too. */
async function send(address: string, { type, bytes }: { type: string; bytes: Uint8Array }) {
  const options = { method: "POST", headers: { "content-type": type }, body: bytes } as const;
  const { statusCode: status, headers, body } = await request(`${address}/predict`, options);
  return { status, headers, body: (await body.json()) as Record<string, unknown> };
}

function bytesInBuffers(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

describe("several uploads at once", () => {
  it("are counted as what they really hold, and nothing is left when they are answered", async () => {
    const budget = new MemoryBudget(1e9);
    const address = await start(budget);
    const form = await upload();
    const before = bytesInBuffers();
    const answers = [1, 2, 3, 4].map(() => send(address, form));
    await expect.poll(() => waiting, { timeout: 10_000 }).toBe(4);
    // The photographs are decoded to 150 kB each, which is not much beside them.
    await expect.poll(() => (bytesInBuffers() - before) / budget.held, { timeout: 10_000 }).toBeLessThan(1.15);
    expect((bytesInBuffers() - before) / budget.held).toBeGreaterThan(0.95);
    expect(budget.held).toBe(8 * photograph.length);
    fetched.resolve(photograph);
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
    expect(budget.held).toBe(0);
  });

  it("end with 503 where there is no room for another one, at once and to come back, while the others are answered", async () => {
    const budget = new MemoryBudget(5.5 * photograph.length);
    const error = vi.spyOn(logger, "error");
    const address = await start(budget);
    const form = await upload();
    const admitted = [send(address, form), send(address, form)];
    await expect.poll(() => waiting, { timeout: 10_000 }).toBe(2);
    const rejected = await send(address, form);
    expect(rejected.status).toBe(503);
    expect(rejected.headers["retry-after"]).toBe("5");
    expect(rejected.headers.connection).toBe("close");
    expect(rejected.body).toMatchObject({ code: "Busy", detail: "Too many large requests at once." });
    expect(error).not.toHaveBeenCalled();
    fetched.resolve(await sharp(photograph).resize(50).png().toBuffer());
    for (const { status } of await Promise.all(admitted)) expect(status).toBe(200);
    expect((await send(address, form)).status).toBe(200);
  });

  it("count photographs from addresses too", async () => {
    const budget = new MemoryBudget(3.5 * photograph.length);
    const address = await start(budget);
    fetched.resolve(Buffer.concat([photograph, new Uint8Array(photograph.length)]));
    expect((await send(address, await upload())).body).toMatchObject({ status: 503, code: "Busy" });
    expect(budget.held).toBe(0);
  });
});

describe("an upload that", () => {
  const head = (type: string, ...headers: string[]) =>
    ["POST /predict HTTP/1.1", "Host: x", `Content-Type: ${type}`, ...headers, "", ""].join("\r\n");

  it("stalls holds what has arrived until it is sent away with 408", async () => {
    const budget = new MemoryBudget(1e9);
    const address = await start(budget, { headMilliseconds: 200, requestMilliseconds: 1_000 });
    const { type, bytes } = await upload();
    const pieces = [head(type, `Content-Length: ${bytes.length}`), bytes.subarray(0, 1_000_000)];
    const stalling = sendRaw(address, pieces, 10_000);
    await expect.poll(() => budget.held).toBeGreaterThan(800_000);
    expect(budget.held).toBeLessThan(1_100_000);
    expect(await stalling).toMatchObject({ statuses: [408], closed: true });
    await expect.poll(() => budget.held).toBe(0);
  });

  it.each(["a form", "JSON"])(
    "breaks off within %s holds nothing any more, and is not an error of the server",
    async (what) => {
      const error = vi.spyOn(logger, "error");
      const budget = new MemoryBudget(1e9);
      const address = await start(budget);
      const { type: ofForm, bytes } = await upload();
      const type = what === "JSON" ? "application/json" : ofForm;
      await sendRaw(address, [head(type, `Content-Length: ${bytes.length}`), bytes.subarray(0, 1_000_000)], 100);
      await expect.poll(() => budget.held).toBe(0);
      expect(error).not.toHaveBeenCalled();
    },
  );

  it("comes in chunks holds no more than a request may have, however many chunks follow", async () => {
    const budget = new MemoryBudget(1e9);
    const address = await start(budget, { maxBody: 2_000_000 });
    const { type, bytes } = await upload();
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, budget.held);
    }, 1);
    const pieces = [head(type, "Transfer-Encoding: chunked"), `${bytes.length.toString(16)}\r\n`, bytes];
    const { statuses, text } = await sendRaw(address, pieces, 2_500);
    clearInterval(watching);
    expect(statuses).toEqual([413]);
    expect(text).toContain('"code":"RequestTooLarge"');
    expect(text).toContain("connection: close");
    expect(most).toBeLessThan(2_200_000);
    expect(budget.held).toBe(0);
  });

  it("says that it is shorter than it is ends there, and what follows is no request", async () => {
    const budget = new MemoryBudget(1e9);
    const address = await start(budget);
    const { type, bytes } = await upload();
    const { statuses, closed } = await sendRaw(address, [head(type, "Content-Length: 1000"), bytes], 1_000);
    expect({ statuses: new Set(statuses), closed }).toEqual({ statuses: new Set([400]), closed: true });
    expect(budget.held).toBe(0);
  });
});
