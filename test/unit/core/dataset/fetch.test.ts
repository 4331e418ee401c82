import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { fetchData } from "../../../../core/dataset/fetch.ts";
import { maxFileBytes } from "../../../../core/dataset/input.ts";
import { NoDataError } from "../../../../core/errors.ts";
import type { FolderStore } from "../../../../core/folder-store.ts";
import { csvLine, header, names, photograph, rawDataset, temporaryStore, writeFiles, zipped } from "./raw-dataset.ts";

let raw: FolderStore;
let data: FolderStore;
let files: Record<string, Uint8Array>;
beforeEach(async () => {
  raw = temporaryStore();
  data = temporaryStore();
  files = await rawDataset();
});
const first = names[0] ?? "";
const keys = async (prefix: string) => (await Array.fromAsync(data.list(prefix))).map(({ key }) => key);
const problemsOf = async (key: string): Promise<unknown> => JSON.parse(Buffer.from(await data.read(key)).toString());

describe("fetchData", () => {
  it("packs the photographs of a zip whose data.csv comes last, in a folder of its own", async () => {
    const inFolder = Object.fromEntries(Object.entries(files).map(([path, content]) => [`my set/${path}`, content]));
    const rubbish = { "__MACOSX/my set/images/._x.jpg": Buffer.from("x"), "my set/README.md": Buffer.from("x") };
    await raw.write("set.zip", await zipped({ ...rubbish, ...inFolder }));
    const fetched = await fetchData({ raw, data, key: "set.zip" });
    expect(fetched).toMatchObject({ rows: names.length, photographs: names.length, problems: {} });
    expect(await keys(fetched.prefix)).toEqual(
      ["chunks/00000.tar", "data.csv", "index.json", "photographs.json", "problems.json"].map(
        (key) => fetched.prefix + key,
      ),
    );
  });

  it("gives a zip and a folder of the same content the same version", async () => {
    await raw.write("a.zip", await zipped(files));
    await writeFiles(raw, "b/", files);
    const [zip, folder] = [await fetchData({ raw, data, key: "a.zip" }), await fetchData({ raw, data, key: "b" })];
    expect(folder.version).toBe(zip.version);
    expect(folder.prefix).not.toBe(zip.prefix);
  });

  it("gives another version when a photograph, a row or the source changes", async () => {
    const changes: Record<string, Uint8Array>[] = [
      {},
      { [`images/${first}.jpg`]: await photograph("red") },
      { "data.csv": Buffer.from(String(files["data.csv"]).replace(",1\n", ",2\n")) },
      { "dataset.json": Buffer.from('{"source":"other"}') },
    ];
    const versions = new Set<string>();
    for (const [i, change] of changes.entries()) {
      await writeFiles(raw, `${i}/`, { ...files, ...change });
      versions.add((await fetchData({ raw, data, key: `${i}/` })).version);
    }
    expect(versions.size).toBe(4);
  });

  it("does not read unchanged input again", async () => {
    await writeFiles(raw, "set/", files);
    const once = await fetchData({ raw, data, key: "set" });
    raw.read = () => Promise.reject(new Error("read again"));
    expect(await fetchData({ raw, data, key: "set" })).toEqual(once);
    await raw.write(`set/images/${first}.jpg`, await photograph("red"));
    await expect(fetchData({ raw, data, key: "set" })).rejects.toThrow("read again");
  });

  it("reads again what an interrupted fetch left unfinished", async () => {
    await writeFiles(raw, "set/", files);
    const write = data.write.bind(data);
    data.write = (key, body) => (key.endsWith("index.json") ? Promise.reject(new Error("cut")) : write(key, body));
    await expect(fetchData({ raw, data, key: "set" })).rejects.toThrow("cut");
    data.write = write;
    expect(await fetchData({ raw, data, key: "set" })).toMatchObject({ photographs: names.length });
  });

  it("takes the newest dataset when none is named", async () => {
    await writeFiles(raw, "old/", files);
    await raw.write("older.zip", await zipped(files));
    await utimes(join(raw.folder, "old/data.csv"), 1e9, 1e9);
    await utimes(join(raw.folder, "older.zip"), 1e9 - 5, 1e9 - 5);
    const old = await fetchData({ raw, data });
    expect(old.prefix).toBe((await fetchData({ raw, data, key: "old" })).prefix);
    await raw.write("new.zip", await zipped(files));
    expect((await fetchData({ raw, data })).prefix).toBe((await fetchData({ raw, data, key: "new.zip" })).prefix);
  });

  it("accounts for every row and photograph without a partner", async () => {
    const bad = csvLine("T20_d01_900_a", { stage: "9" });
    const csv = [String(files["data.csv"]).trim(), csvLine("T20_d01_901_a"), csvLine("T20_d02_902_a"), bad];
    await writeFiles(raw, "set/", {
      ...files,
      "data.csv": Buffer.from(csv.join("\n")),
      "images/T20_d01_900_a.jpg": await photograph("red"),
      "images/stray.jpg": await photograph("red"),
      [`images/${first}.PNG`]: await photograph("red"),
      "images/more/deep.jpg": await photograph("red"),
      "originals/x.jpg": await photograph("red"),
      "images/T20_d02_902_a.jpg": Buffer.alloc(maxFileBytes + 1),
    });
    const fetched = await fetchData({ raw, data, key: "set" });
    const line = names.length + 2;
    expect(await problemsOf(fetched.problemsKey)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ line: line + 2, name: "T20_d01_900_a", reason: "bad-stage" }),
        expect.objectContaining({ line, name: "T20_d01_901_a", reason: "no-photograph" }),
        expect.objectContaining({ line: line + 1, name: "T20_d02_902_a", reason: "photograph-too-large" }),
        expect.objectContaining({ name: "stray", reason: "photograph-without-row" }),
      ]),
    );
    expect(fetched.problems).toEqual({
      "bad-stage": 1,
      "no-photograph": 1,
      "photograph-too-large": 1,
      "photograph-without-row": 1,
      "duplicate-photograph": 1,
      "outside-images-folder": 1,
    });
    expect(fetched).toMatchObject({ rows: names.length + 3, photographs: names.length });
  });

  it("names the source after the folder or zip when there is no dataset.json", async () => {
    const { "dataset.json": _, ...unnamed } = files;
    await raw.write("uploads/My Photos 2.zip", await zipped(unnamed));
    const { prefix } = await fetchData({ raw, data, key: "uploads/My Photos 2.zip" });
    expect(await problemsOf(`${prefix}index.json`)).toMatchObject({ source: { source: "my-photos-2" } });
  });

  it.each<[string, Record<string, Uint8Array>, string]>([
    ["no data.csv", { "images/a.jpg": Buffer.from("x") }, "There is no data.csv in 'set.zip'"],
    [
      "two of them",
      { "a/data.csv": Buffer.from("x"), "b/data.csv": Buffer.from("x") },
      "more than one data.csv: a/data.csv, b/data.csv",
    ],
    [
      "no photograph of any row",
      { "data.csv": Buffer.from(`${header}\n${csvLine(first)}`) },
      "None of the 1 rows of data.csv has its photograph",
    ],
    [
      "a wrong dataset.json",
      { "data.csv": Buffer.from(header), "dataset.json": Buffer.from("{}") },
      'dataset.json must name the source, as { "source"',
    ],
  ])("rejects a zip with %s", async (_name, content, message) => {
    await raw.write("set.zip", await zipped(content));
    await expect(fetchData({ raw, data, key: "set.zip" })).rejects.toMatchObject({
      name: "InvalidDataset",
      message: expect.stringContaining(message),
    });
  });

  it("leaves nothing that looks finished when the zip was cut off", async () => {
    const zip = await zipped(files);
    await raw.write("set.zip", zip.subarray(0, zip.length - 500));
    await expect(fetchData({ raw, data, key: "set.zip" })).rejects.toThrow("The zip was cut off");
    expect((await keys("")).filter((key) => key.endsWith("index.json"))).toEqual([]);
  });

  it("takes photographs without a data.csv for a mistake, not for no data", async () => {
    await raw.write("photographs/a.jpg", "a");
    const fetching = fetchData({ raw, data });
    await expect(fetching).rejects.toThrow("There is no zip and no data.csv among the raw data");
    await expect(fetching).rejects.not.toBeInstanceOf(NoDataError);
  });

  it("says what is missing and what to do", async () => {
    await expect(fetchData({ raw, data })).rejects.toMatchObject({
      name: "NotFound",
      message: expect.stringContaining("upload"),
    });
    await expect(fetchData({ raw, data })).rejects.toBeInstanceOf(NoDataError);
    await expect(fetchData({ raw, data, key: "none" })).rejects.toThrow(
      "no zip 'none' and no folder 'none/' with a data.csv",
    );
  });
});
