import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModelHolder } from "../../../api/model-holder.ts";
import { imageBytes } from "../../../core/contracts/dataset.ts";
import { servingKeys } from "../../../core/contracts/model.ts";
import { FolderStore } from "../../../core/folder-store.ts";
import { predictDays } from "../../../core/model/onnx-model.ts";
import { publishChampion } from "../../support/champion.ts";
import { tinyModel, tinySidecar } from "../../support/models.ts";

let folder: string;
let store: FolderStore;
let now: number;
let holder: ModelHolder;
const modelReloadFailed = vi.fn();
const logger = { info: vi.fn(), error: vi.fn() };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holder-"));
  store = new FolderStore(folder);
  now = 0;
  holder = new ModelHolder(store, logger, { now: () => now, waitAtMost: 5_000, modelReloadFailed });
  vi.clearAllMocks();
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const version = async () => (await holder.current()).served.version;

describe("ModelHolder.current", () => {
  it("says that there is no model before the first promotion, and serves the first one at once", async () => {
    await expect(version()).rejects.toMatchObject({ status: 503, name: "NoModel" });
    await publishChampion(store, "1", 3);
    expect(await version()).toBe("1");
  });

  it("answers with the bootstrap model until the first promotion", async () => {
    const bootstrap = { onnx: tinyModel(9), sidecar: tinySidecar() };
    holder = new ModelHolder(store, logger, { now: () => now, bootstrap });
    const { served, source } = await holder.current();
    expect(served).toMatchObject({ name: "avocado-model", version: "bootstrap", alias: "bootstrap" });
    expect(source).toBe("models/bootstrap");
    await publishChampion(store, "1", 3);
    now = 30_000;
    expect((await holder.current()).served).toMatchObject({ version: "1", alias: "champion" });
  });

  it("has no bootstrap model stand in for a champion that cannot be loaded", async () => {
    const bootstrap = { onnx: tinyModel(9), sidecar: tinySidecar() };
    holder = new ModelHolder(store, logger, { bootstrap });
    await publishChampion(store, "1", 3, { sha256: "0".repeat(64) });
    await expect(version()).rejects.toMatchObject({ status: 503, name: "ModelUnavailable" });
  });

  it("does not look again within 30 s", async () => {
    await publishChampion(store, "1", 3);
    await version();
    await publishChampion(store, "2", 4);
    now = 29_999;
    expect(await version()).toBe("1");
  });

  it("loads a new champion after 30 s", async () => {
    await publishChampion(store, "1", 3);
    await version();
    await publishChampion(store, "2", 4);
    now = 30_000;
    expect(await version()).toBe("2");
  });

  it("reads nothing but the manifest's head when nothing changed", async () => {
    await publishChampion(store, "1", 3);
    await version();
    const read = vi.spyOn(store, "read");
    now = 30_000;
    await version();
    expect(read).not.toHaveBeenCalled();
  });

  it("does not load a model again that another version has too", async () => {
    await publishChampion(store, "1", 3);
    const { model } = await holder.current();
    await publishChampion(store, "2", 3);
    now = 30_000;
    const next = await holder.current();
    expect(next.served.version).toBe("2");
    expect(next.model).toBe(model);
  });

  it.each([
    ["is not what was published", () => publishChampion(store, "2", 4, { sha256: "0".repeat(64) })],
    ["is missing", () => publishChampion(store, "2", 4).then(({ key }) => rmSync(join(folder, key)))],
  ])("goes on with the last model when the new one %s, and tries again 30 s later", async (_, publishBad) => {
    await publishChampion(store, "1", 3);
    await version();
    await publishBad();
    now = 30_000;
    expect(await version()).toBe("1");
    expect(logger.error).toHaveBeenCalledOnce();
    expect(modelReloadFailed).toHaveBeenCalledOnce();
    await publishChampion(store, "3", 5);
    now = 59_999;
    expect(await version()).toBe("1");
    now = 60_000;
    expect(await version()).toBe("3");
  });

  it("does not keep an answer waiting for a slow store, and serves the new model once it is there", async () => {
    holder = new ModelHolder(store, logger, { now: () => now, waitAtMost: 20 });
    await publishChampion(store, "1", 3);
    await version();
    await publishChampion(store, "2", 4);
    now = 30_000;
    const slow = Promise.withResolvers<void>();
    const head = store.head.bind(store);
    vi.spyOn(store, "head").mockImplementation(async (key) => {
      await slow.promise;
      return head(key);
    });
    expect(await version()).toBe("1");
    slow.resolve();
    await vi.waitFor(async () => expect(await version()).toBe("2"));
  });

  it("looks once however many ask", async () => {
    await publishChampion(store, "1", 3);
    const head = vi.spyOn(store, "head");
    await Promise.all([version(), version(), version()]);
    expect(head).toHaveBeenCalledOnce();
  });

  it("says 503, and no more than that, when the first model cannot be loaded", async () => {
    await publishChampion(store, "1", 3, { sha256: "0".repeat(64) });
    const rejected = holder.current();
    await expect(rejected).rejects.toMatchObject({ status: 503, message: "The model cannot be loaded at the moment." });
  });

  it("keeps serving when the manifest is gone", async () => {
    await publishChampion(store, "1", 3);
    await version();
    rmSync(join(folder, servingKeys.manifest));
    now = 30_000;
    expect(await version()).toBe("1");
  });
});

describe("ModelHolder.use", () => {
  it("keeps the model that a request began with until it ends, then frees it", async () => {
    await publishChampion(store, "1", 3);
    const { model } = await holder.current();
    const release = vi.spyOn(model, "release");
    const [began, request] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const answering = holder.use(async ({ model: used, served }) => {
      began.resolve();
      await request.promise;
      return { version: served.version, days: await predictDays(used, [new Uint8Array(imageBytes)], ["T20"]) };
    });
    await began.promise;
    await publishChampion(store, "2", 4);
    expect((await holder.reload()).served.version).toBe("2");
    expect(release).not.toHaveBeenCalled();
    request.resolve();
    expect(await answering).toEqual({ version: "1", days: [3] });
    expect(release).toHaveBeenCalledOnce();
  });

  it("frees every model that it replaces, and none that it holds", async () => {
    const released: string[] = [];
    for (const version of ["1", "2", "3"]) {
      await publishChampion(store, version, Number(version));
      const { model } = await holder.reload();
      vi.spyOn(model, "release").mockImplementation(async () => void released.push(version));
    }
    expect(released).toEqual(["1", "2"]);
  });

  it("does not run with a model that was freed while it waited to begin", async () => {
    await publishChampion(store, "1", 3);
    const found = await holder.current();
    await publishChampion(store, "2", 4);
    vi.spyOn(holder, "current").mockImplementationOnce(async () => {
      await holder.reload();
      return found;
    });
    const days = holder.use(({ model }) => predictDays(model, [new Uint8Array(imageBytes)], ["T20"]));
    expect(await days).toEqual([4]);
  });
});

describe("a cache of models", () => {
  it("spares the next process the store, and is not believed when its file is damaged", async () => {
    const cacheFolder = join(folder, "cache");
    const next = async () => (await new ModelHolder(store, logger, { cacheFolder }).current()).served.version;
    const { key, sha256 } = await publishChampion(store, "1", 3);
    await next();
    const read = vi.spyOn(store, "read");
    expect(await next()).toBe("1");
    expect(read).not.toHaveBeenCalledWith(key);
    writeFileSync(join(cacheFolder, `${sha256}.onnx`), "damaged");
    expect(await next()).toBe("1");
    expect(read).toHaveBeenCalledWith(key);
  });
});

describe("ModelHolder.reload", () => {
  it("loads a new champion at once", async () => {
    await publishChampion(store, "1", 3);
    await version();
    await publishChampion(store, "2", 4);
    expect((await holder.reload()).served.version).toBe("2");
  });

  it("sees what was published after a look had begun", async () => {
    await publishChampion(store, "1", 3);
    const seen = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const read = store.read.bind(store);
    vi.spyOn(store, "read").mockImplementationOnce(async (key) => {
      const manifest = await read(key);
      seen.resolve();
      await goOn.promise;
      return manifest;
    });
    const looking = holder.current();
    await seen.promise;
    await publishChampion(store, "2", 4);
    const reloading = holder.reload();
    goOn.resolve();
    expect((await reloading).served.version).toBe("2");
    await looking;
  });

  it("answers 502 with the reason when the new model is rejected, and says what goes on serving", async () => {
    await publishChampion(store, "1", 3);
    await version();
    await publishChampion(store, "2", 4, { sha256: "0".repeat(64) });
    const rejected = holder.reload();
    await expect(rejected).rejects.toMatchObject({ status: 502 });
    await expect(rejected).rejects.toThrow(/SHA-256.*Version 1 goes on serving\./);
    expect(await version()).toBe("1");
  });
});
