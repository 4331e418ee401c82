import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Progress, prepareFolder } from "../../../../core/dataset/prepare.ts";
import { names, rawDataset, temporaryStore, writeFiles, zipped } from "./raw-dataset.ts";

describe("prepareFolder", () => {
  it("makes the same dataset of a folder and of a zip, and tells how far it is", async () => {
    const [raw, work] = [temporaryStore(), temporaryStore()];
    const files = await rawDataset();
    await writeFiles(raw, "set/", files);
    await raw.write("set.zip", await zipped(files));
    const seen: Progress[] = [];
    const one = await prepareFolder(join(raw.folder, "set"), work.folder, (progress) => seen.push(progress));
    const two = await prepareFolder(join(raw.folder, "set.zip"), work.folder);
    expect(two.ref).toEqual(one.ref);
    expect(one.dataset.rows).toHaveLength(names.length);
    expect(seen).toContainEqual({ step: "fetch", photographs: names.length });
    expect(seen.at(-1)).toEqual({ step: "preprocess", photographs: names.length, total: names.length });
  });

  it("names the folder that is missing", async () => {
    const work = temporaryStore();
    await expect(prepareFolder(join(work.folder, "none"), work.folder)).rejects.toThrow("no folder 'none/'");
  });
});
