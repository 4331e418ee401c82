import { beforeEach, describe, expect, it } from "vitest";
import { datasetKeys } from "../../../../core/contracts/dataset.ts";
import type { FetchedData } from "../../../../core/contracts/pipeline.ts";
import { assembleDataset } from "../../../../core/dataset/assemble.ts";
import { fetchData } from "../../../../core/dataset/fetch.ts";
import { findDataset } from "../../../../core/dataset/latest.ts";
import { openDataset } from "../../../../core/dataset/open.ts";
import { planDataset } from "../../../../core/dataset/plan.ts";
import { preprocessShard } from "../../../../core/dataset/preprocess.ts";
import { splitOfFruit } from "../../../../core/dataset/split.ts";
import { NoDataError } from "../../../../core/errors.ts";
import type { FolderStore } from "../../../../core/folder-store.ts";
import { writeJson } from "../../../../core/storage.ts";
import { csvLine, header, names, rawDataset, samples, source, temporaryStore, writeFiles } from "./raw-dataset.ts";

let raw: FolderStore;
let data: FolderStore;
let files: Record<string, Uint8Array>;
beforeEach(async () => {
  raw = temporaryStore();
  data = temporaryStore();
  files = await rawDataset();
});

async function fetch(key = "set"): Promise<FetchedData> {
  await writeFiles(raw, `${key}/`, files);
  return fetchData({ raw, data, key });
}
async function run() {
  const fetched = await fetch();
  const plan = await planDataset(data, fetched);
  const results = [];
  for (const item of plan.items) results.push(await preprocessShard(data, item));
  return { plan, results, ref: await assembleDataset(data, plan.version) };
}
/** Makes every write fail from here on: what is done must not be done again. */
function forbidWrites(except: string) {
  const write = data.write.bind(data);
  data.write = (key, body) => (key === except ? write(key, body) : Promise.reject(new Error(`wrote ${key}`)));
}

describe("the steps from a folder to a dataset", () => {
  it("give every photograph its pixels, its label and its split", async () => {
    const { plan, results, ref } = await run();
    expect(plan).toMatchObject({ done: false, items: [{ first: 0, last: 0 }] });
    expect(results).toEqual([{ first: 0, photographs: names.length, dropped: 0 }]);
    expect(ref).toEqual({ version: plan.version, rows: 18, photographs: 18, labelled: 18, dropped: {} });
    const dataset = await openDataset(data, plan.version);
    expect(dataset.summary).toMatchObject({
      fruits: { train: 2, validation: 2, test: 2 },
      censored: 0,
      source: { source },
    });
    expect(dataset.summary.shards.map(({ key, photographs }) => [key, photographs])).toEqual([
      ["shards/train-00000.npy", 6],
      ["shards/validation-00000.npy", 6],
      ["shards/test-00000.npy", 6],
    ]);
    for (const split of ["train", "validation", "test"] as const) {
      for await (const { rows, pixels } of dataset.shards(split)) {
        for (const [i, row] of rows.entries()) {
          expect(splitOfFruit(source, row.sample)).toBe(split);
          expect(row.shelfLifeDays).toBe({ 1: 2, 3: 1, 5: 0 }[row.stage]);
          const grey = pixels[i * 224 * 224 * 3] ?? -1;
          expect(Math.abs(grey - names.indexOf(row.fileName) * 5)).toBeLessThanOrEqual(2);
        }
      }
    }
  });

  it("count what cannot be decoded, by reason and with its line", async () => {
    files[`images/${names[0]}.jpg`] = (files[`images/${names[0]}.jpg`] ?? Buffer.alloc(0)).subarray(0, 200);
    files[`images/${names[4]}.jpg`] = Buffer.from("<svg/>");
    const { ref, results } = await run();
    expect(results).toEqual([{ first: 0, photographs: 16, dropped: 2 }]);
    expect(ref).toMatchObject({
      rows: 18,
      photographs: 16,
      dropped: { "photograph-corrupt": 1, "photograph-unsupported": 1 },
    });
    const problems = Buffer.from(await data.read(`${datasetKeys.prefix(ref.version)}problems.json`)).toString();
    expect(JSON.parse(problems)).toMatchObject([
      { line: 2, name: names[0] },
      { line: 6, name: names[4] },
    ]);
  });

  it("label by all rows, also those without a photograph", async () => {
    const name = names.find((n) => n.includes("_d03_")) ?? "";
    delete files[`images/${name}.jpg`];
    const { ref } = await run();
    expect(ref).toMatchObject({ photographs: 17, labelled: 17, dropped: { "no-photograph": 1 } });
  });

  it("keep fruits that never reach stage 5 as censored", async () => {
    const extra = ["T10_d01_777_a", "T10_d02_777_a"];
    for (const name of extra) files[`images/${name}.jpg`] = files[`images/${names[0]}.jpg`] ?? Buffer.alloc(0);
    files["data.csv"] = Buffer.from(`${files["data.csv"]}${extra.map((name) => csvLine(name)).join("\n")}\n`);
    const { ref } = await run();
    const dataset = await openDataset(data, ref.version);
    expect(dataset.summary).toMatchObject({ photographs: 20, labelled: 18, censored: 2 });
    expect(dataset.rows.filter((row) => row.sample === "777").map((row) => row.censoredDays)).toEqual([1, 0]);
  });

  it("do nothing again for a version that is there", async () => {
    const { ref, plan } = await run();
    forbidWrites(datasetKeys.latest);
    const fetched = await fetchData({ raw, data, key: "set" });
    expect(await planDataset(data, fetched)).toEqual({ version: plan.version, done: true, items: [] });
    expect(await assembleDataset(data, plan.version)).toEqual(ref);
  });

  it("make a dataset anew that another version of the pipeline has made", async () => {
    const { ref } = await run();
    const fetchedIndex = `${(await fetch()).prefix}index.json`;
    for (const key of [fetchedIndex, datasetKeys.latest]) {
      const { processing, ...before } = JSON.parse(Buffer.from(await data.read(key)).toString());
      expect(processing).toBe(2);
      const fetched = before.fetched && { ...before.fetched, version: "00000000000000aa" };
      await writeJson(data, key, { ...before, ...(fetched && { fetched }) });
    }
    await expect(findDataset(data)).rejects.toThrow("prepared by another version of the pipeline");
    expect((await run()).ref).toEqual(ref);
    await expect(findDataset(data)).resolves.toEqual(ref);
  });

  it("leave finished chunks and their plan as they are", async () => {
    const fetched = await fetch();
    const { items } = await planDataset(data, fetched);
    const item = items[0] ?? { version: "", first: 0, last: 0 };
    const once = await preprocessShard(data, item);
    forbidWrites("none");
    expect((await planDataset(data, fetched)).items).toEqual(items);
    expect(await preprocessShard(data, item)).toEqual(once);
  });

  it("do not mix the chunks of two fetches of the same content", async () => {
    const one = await planDataset(data, await fetch());
    await preprocessShard(data, one.items[0] ?? { version: "", first: 0, last: 0 });
    const other = await planDataset(data, await fetch("moved"));
    expect(other.version).toBe(one.version);
    await expect(assembleDataset(data, other.version)).rejects.toThrow("Chunk 0 of dataset");
  });

  it("give the same bytes for the same input", async () => {
    const shardsOf = async (store: FolderStore, version: string) =>
      Promise.all(
        (await openDataset(store, version)).summary.shards.map(({ key }) =>
          store.read(datasetKeys.prefix(version) + key),
        ),
      );
    const { ref } = await run();
    const before = await shardsOf(data, ref.version);
    data = temporaryStore();
    expect(await shardsOf(data, (await run()).ref.version)).toEqual(before);
  });
});

describe("planDataset", () => {
  it("rejects too few fruits in a part", async () => {
    const gone = samples.find((sample) => splitOfFruit(source, sample) === "test");
    const rows = names.filter((name) => !name.includes(`_${gone}_`)).map((name) => csvLine(name));
    files["data.csv"] = Buffer.from([header, ...rows].join("\n"));
    const fetched = await fetch();
    await expect(planDataset(data, fetched)).rejects.toThrow(
      "Too few fruits: 2 for train, 2 for validation, 1 for test",
    );
  });

  it("rejects a part without any label", async () => {
    const isTest = (name: string) => splitOfFruit(source, name.split("_")[2] ?? "") === "test";
    const rows = names.map((name) => csvLine(name, isTest(name) ? { stage: "4" } : {}));
    files["data.csv"] = Buffer.from([header, ...rows].join("\n"));
    const fetched = await fetch();
    await expect(planDataset(data, fetched)).rejects.toThrow("No fruit of test was seen at stage 5");
  });

  it("puts several chunks in an item rather than give more than 1000", async () => {
    const fetched = await fetch();
    const index = JSON.parse(Buffer.from(await data.read(`${fetched.prefix}index.json`)).toString());
    await data.write(`${fetched.prefix}index.json`, JSON.stringify({ ...index, chunks: 2500 }));
    const { items } = await planDataset(data, fetched);
    expect(items.length).toBe(834);
    expect([items[0], items.at(-1)]).toMatchObject([
      { first: 0, last: 2 },
      { first: 2499, last: 2499 },
    ]);
  });
});

describe("assembleDataset", () => {
  it("rejects when photographs that cannot be decoded leave too few fruits", async () => {
    const gone = samples.find((sample) => splitOfFruit(source, sample) === "validation");
    for (const name of names) if (name.includes(`_${gone}_`)) files[`images/${name}.jpg`] = Buffer.from("x");
    await expect(run()).rejects.toThrow("1 for validation");
  });
});

describe("findDataset", () => {
  it("gives the newest dataset", async () => {
    const { ref } = await run();
    expect(await findDataset(data)).toEqual(ref);
  });

  it("says what to do when there is none", async () => {
    await expect(findDataset(data)).rejects.toBeInstanceOf(NoDataError);
    await expect(findDataset(data)).rejects.toMatchObject({
      name: "NotFound",
      message: expect.stringContaining('"newData": true'),
    });
  });
});
