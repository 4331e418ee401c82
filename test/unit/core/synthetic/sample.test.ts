import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { splits } from "../../../../core/contracts/dataset.ts";
import { parseRows } from "../../../../core/dataset/rows.ts";
import { splitOfFruit } from "../../../../core/dataset/split.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import { chooseFruits, writeSample } from "../../../../core/synthetic/sample.ts";
import { temporaryStore } from "../dataset/raw-dataset.ts";

async function generate(fruits: number, seed: number, store = temporaryStore()) {
  const photographs = await writeSample(store, { fruits, seed });
  return { read: (key: string) => store.read(key), photographs, ...parseRows(await store.read("data.csv")) };
}

let sample: Awaited<ReturnType<typeof generate>>;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sample-"));
  sample = await generate(12, 1, new FolderStore(folder));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("writeSample", () => {
  it("writes a photograph of 320 x 320 for every row", async () => {
    expect(sample.problems).toEqual([]);
    expect(sample.rows.length).toBe(sample.photographs);
    for (const { fileName } of sample.rows) {
      const { format, width, height } = await sharp(await sample.read(`images/${fileName}.jpg`)).metadata();
      expect([format, width, height]).toEqual(["jpeg", 320, 320]);
    }
  });

  it("says that it is synthetic, and names its source after the seed", async () => {
    const json = JSON.parse(Buffer.from(await sample.read("dataset.json")).toString());
    expect(json).toMatchObject({ source: "synthetic-1", title: expect.stringMatching(/Synthetic.*not photographs/) });
  });

  it("shows both sides on the same days, and stages that never go back", () => {
    for (const rows of Object.values(Object.groupBy(sample.rows, (row) => row.sample))) {
      const sideOf = (side: string) => (rows ?? []).filter((row) => row.fileName.includes(`_${side}_`));
      expect(sideOf("a").map((row) => [row.day, row.stage])).toEqual(sideOf("b").map((row) => [row.day, row.stage]));
      const stages = sideOf("a").map((row) => row.stage);
      expect(stages).toEqual(stages.toSorted());
    }
  });

  it("darkens from the first stage to the last", async () => {
    const brightness = async (stage: number) => {
      const rows = sample.rows.filter((row) => row.stage === stage);
      const means = await Promise.all(
        rows.map(async ({ fileName }) => {
          const centre = { left: 130, top: 120, width: 60, height: 90 };
          const skin = await sharp(await sample.read(`images/${fileName}.jpg`))
            .extract(centre)
            .raw()
            .toBuffer();
          return skin.reduce((sum, value) => sum + value, 0) / skin.length;
        }),
      );
      return means.reduce((sum, mean) => sum + mean, 0) / means.length;
    };
    const [green, turning, dark] = [await brightness(1), await brightness(3), await brightness(5)];
    expect(green).toBeGreaterThan(turning * 1.15);
    expect(turning).toBeGreaterThan(dark * 1.15);
  });

  it("gives the same bytes for the same seed, others for another", async () => {
    const [one, two, other] = [await generate(6, 3), await generate(6, 3), await generate(6, 4)];
    const name = `images/${one.rows[0]?.fileName}.jpg`;
    expect(await two.read("data.csv")).toEqual(await one.read("data.csv"));
    expect(await two.read(name)).toEqual(await one.read(name));
    expect(await other.read("data.csv")).not.toEqual(await one.read("data.csv"));
  });

  it("rejects too few fruits", async () => {
    await expect(generate(5, 1)).rejects.toThrow("A sample has from 6 to 10000 fruits, not 5");
    await expect(generate(6, 1.5)).rejects.toThrow("A seed is a whole number from 0, not 1.5");
  });
});

describe("chooseFruits", () => {
  it("gives every part two fruits that reach stage 5, for any number of fruits and any seed", () => {
    for (let seed = 0; seed < 60; seed++) {
      for (const count of [6, 9, 30, 40]) {
        const fruits = chooseFruits(count, seed);
        expect(new Set(fruits.map((fruit) => fruit.sample)).size).toBe(count);
        const ripe = fruits.filter((fruit) => fruit.days.some((day) => fruit.ripeness(day) >= 5));
        for (const split of splits) {
          const members = ripe.filter((fruit) => splitOfFruit(`synthetic-${seed}`, fruit.sample) === split);
          expect(members.length).toBeGreaterThanOrEqual(2);
        }
      }
    }
  });

  it("spreads a sample over the storage groups as the published data are", () => {
    const groups = Object.groupBy(chooseFruits(40, 1), (fruit) => fruit.storageGroup);
    expect(groups.T10?.length).toBeGreaterThanOrEqual(13);
    expect(groups.T20?.length).toBeGreaterThanOrEqual(9);
    expect(groups.Tam?.length).toBeGreaterThanOrEqual(9);
  });

  it("lets some fruits go without ever being over-ripe, and most live as long as their group does", () => {
    const fruits = chooseFruits(300, 1);
    const censored = fruits.filter((fruit) => fruit.days.every((day) => fruit.ripeness(day) < 5));
    expect(censored.length / fruits.length).toBeGreaterThan(0.04);
    expect(censored.length / fruits.length).toBeLessThan(0.18);
    const life = (group: string) => {
      const ends = fruits
        .filter((f) => f.storageGroup === group)
        .flatMap((f) => f.days.find((day) => f.ripeness(day) >= 5) ?? []);
      return ends.reduce((sum, day) => sum + day, 0) / ends.length;
    };
    expect(life("T10")).toBeCloseTo(11.9, 0);
    expect(life("T20")).toBeLessThan(6.6);
    expect(life("T10")).toBeGreaterThan(life("T20") * 1.8);
  });
});
