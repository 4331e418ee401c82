import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { uploadData } from "../../../cli/upload.ts";
import { readZip } from "../../../core/dataset/zip.ts";
import { FolderStore } from "../../../core/folder-store.ts";

let folder: string;
let raw: FolderStore;
let data: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "upload-"));
  raw = new FolderStore(join(folder, "raw"));
  data = join(folder, "Mein Obst");
  await mkdir(join(data, "images"), { recursive: true });
  await writeFile(join(data, "data.csv"), "File Name\na\n");
  await writeFile(join(data, "images", "a.jpg"), "photograph");
  await writeFile(join(data, "notes.txt"), "private");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function pathsIn(key: string): Promise<string[]> {
  return Array.fromAsync(readZip(await raw.readStream(key), 1000), ({ path }) => path);
}

describe("uploadData", () => {
  it("puts a folder's dataset, and nothing else of it, into one zip", async () => {
    const key = await uploadData(data, raw);
    expect(key).toMatch(/^Mein-Obst-[0-9a-f]{12}\.zip$/);
    expect(await pathsIn(key)).toEqual(["data.csv", "images/a.jpg"]);
  });

  it("uploads the same folder once", async () => {
    const key = await uploadData(data, raw);
    const written = vi.spyOn(raw, "writeStream");
    expect(await uploadData(data, raw)).toBe(key);
    expect(written).not.toHaveBeenCalled();
  });

  it("uploads a folder that has changed under another key", async () => {
    const key = await uploadData(data, raw);
    await writeFile(join(data, "images", "b.jpg"), "another");
    expect(await uploadData(data, raw)).not.toBe(key);
  });

  it("takes a zip as it is", async () => {
    const zip = join(folder, "fruits.ZIP");
    await writeFile(zip, "not looked into here");
    const key = await uploadData(zip, raw);
    expect(key).toMatch(/^fruits-[0-9a-f]{12}\.zip$/);
    expect(Buffer.from(await raw.read(key)).toString()).toBe("not looked into here");
  });

  it("says what a dataset is when there is none", async () => {
    await expect(uploadData(join(folder, "nowhere"), raw)).rejects.toThrow("does not exist. Give a zip, or a folder");
    await rm(join(data, "data.csv"));
    await expect(uploadData(data, raw)).rejects.toThrow("has no data.csv");
  });
});
