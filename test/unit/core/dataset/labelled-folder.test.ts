import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLabelledFolder } from "../../../../core/dataset/labelled-folder.ts";
import { temporaryFolder } from "../../../support/tiny-dataset.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder, "images"));
  const rows = [
    "a_1,2024-01-01 12:00:00,T10,a,1,2",
    "a_2,2024-01-03 00:00:00,T10,a,3,5",
    "b_1,2024-01-01 12:00:00,Tam,b,1,2",
    "gone,2024-01-01 12:00:00,T10,a,1,3",
    "bad,yesterday,T10,a,1,3",
  ];
  const header = "File Name,Time Stamp,Storage Group,Sample,Day of Experiment,Ripening Index Classification";
  await writeFile(join(folder, "data.csv"), [header, ...rows].join("\n"));
  for (const name of ["a_1.jpg", "a_2.png", "b_1.jpg", "bad.jpg"]) await writeFile(join(folder, "images", name), "");
});
afterAll(() => rm(folder, { recursive: true }));

describe("readLabelledFolder", () => {
  it("lists the photographs whose days are known, whatever their format", async () => {
    const { photographs } = await readLabelledFolder(folder);
    expect(photographs).toEqual([
      { path: join(folder, "images/a_1.jpg"), storageGroup: "T10", days: 1.5, sample: "a", stage: 2 },
      { path: join(folder, "images/a_2.png"), storageGroup: "T10", days: 0, sample: "a", stage: 5 },
    ]);
  });

  it("counts by reason what it leaves out, and knows all fruits", async () => {
    const { leftOut, samples } = await readLabelledFolder(folder);
    expect(leftOut).toEqual({ "bad-time-stamp": 1, "no-label": 1, "no-photograph": 1 });
    expect(samples).toEqual(new Set(["a", "b"]));
  });

  it("says what a dataset has when something is missing", async () => {
    await expect(readLabelledFolder(join(folder, "images"))).rejects.toMatchObject({
      name: "NotFound",
      message: expect.stringMatching(/data\.csv cannot be read: a dataset has data\.csv and images\//),
    });
  });
});
