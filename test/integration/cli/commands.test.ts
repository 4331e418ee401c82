import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { splitOfFruit } from "../../../core/dataset/split.ts";
import { FolderStore } from "../../../core/folder-store.ts";
import { readModelFolder } from "../../../core/model/folder.ts";
import { writeSample } from "../../../core/synthetic/sample.ts";
import { root } from "../../../scripts/setup/paths.ts";
import { temporaryFolder } from "../../support/tiny-dataset.ts";

let folder: string;
let data: string;
let model: string;
let trained: string;

/** Runs a command as a person does. @throws with `code` and `stderr` when it fails */
async function run(command: string, ...args: string[]): Promise<string> {
  const script = join(root, "cli/main.ts");
  return (await promisify(execFile)(process.execPath, [script, command, ...args])).stdout;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  data = join(folder, "data");
  model = join(folder, "model");
  await writeSample(new FolderStore(data), { fruits: 8, seed: 3 });
  trained = await run("train", "--data", data, "--out", model, "--set", "hyperparameters.epochs=2");
});
afterAll(() => rm(folder, { recursive: true }));

describe("npm run train", () => {
  it("leaves a model with its errors on the test fruits, and figures", async () => {
    const { sidecar } = await readModelFolder(model);
    expect(sidecar).toMatchObject({ source: "synthetic-3", hyperparameters: { cnn: "compact", epochs: 2 } });
    expect(sidecar.metrics.test_mae).toBeGreaterThan(0);
    expect(await readFile(join(model, "plots/learning-curve.svg"), "utf8")).toContain("<svg");
  });

  it("tells of the dataset, of each epoch and of the errors", () => {
    expect(trained).toMatch(/\(synthetic-3\): \d+ rows/);
    expect(trained).toMatch(/train 2\/2 {2}loss [\d.]+ {2}validation MAE [\d.]+ days/);
    expect(trained).toMatch(/mean of groups +[\d.]+/);
  });

  it("says that another strategy trains elsewhere, before it reads any data", async () => {
    const wrong = run("train", "--data", join(folder, "nowhere"), "--out", model, "--set", "strategy=kaggle");
    await expect(wrong).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("Leave 'strategy' out.") });
  });

  it("names a hyper-parameter that does not exist", async () => {
    const wrong = run("train", "--data", data, "--out", model, "--set", "hyperparameters.epoch=2");
    await expect(wrong).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Unrecognized key: "epoch"'),
    });
  });
});

describe("npm run evaluate", () => {
  it("measures one side of the split on its own, and writes a page about it", async () => {
    const report = join(folder, "report");
    const said = await run("evaluate", "--model", model, "--data", data, "--split", "test", "--report", report);
    const { sidecar } = await readModelFolder(model);
    expect(said).toContain(` on ${sidecar.metrics.test_n} photographs`);
    expect(said).not.toContain("Note:");
    const page = await readFile(join(report, "index.html"), "utf8");
    expect(page).toContain(`avocado-model: ${sidecar.metrics.test_mae?.toFixed(2)} days off on average`);
    await expect(run("evaluate", "--model", model, "--data", data, "--split", "exam")).rejects.toMatchObject({
      stderr: expect.stringContaining("'exam' is invalid. Allowed choices are train, validation, test."),
    });
  });

  it("gives the errors over all labelled photographs as JSON, and warns of training fruits", async () => {
    const json = join(folder, "all.json");
    const said = await run("evaluate", "--model", model, "--data", data, "--json", json);
    const result = JSON.parse(await readFile(json, "utf8"));
    expect(Object.keys(result).sort()).toEqual(["groups", "macroMae", "mae", "mse", "n", "r2", "rmse"]);
    expect(said).toMatch(/these photographs show fruits named as this model's training fruits/);
  });

  it("gives the test errors of the training when it is given the test fruits", async () => {
    const { sidecar } = await readModelFolder(model);
    const [json, fruits] = [join(folder, "test.json"), join(folder, "fruits.txt")];
    const rows = (await readFile(join(data, "data.csv"), "utf8")).trim().split("\n").slice(1);
    const samples = new Set(rows.map((row) => row.split(",")[3] as string));
    const test = [...samples].filter((sample) => splitOfFruit("synthetic-3", sample) === "test");
    await writeFile(fruits, `${test.join("\r\n")}\r\n`);
    await run("evaluate", "--model", model, "--data", data, "--json", json, "--fruits", fruits);
    const { n, mae } = JSON.parse(await readFile(json, "utf8"));
    expect(n).toBe(sidecar.metrics.test_n);
    expect(mae).toBeCloseTo(sidecar.metrics.test_mae as number, 5);
  });

  it("rejects fruits that are not in the data", async () => {
    const fruits = join(folder, "others.txt");
    await writeFile(fruits, "no such fruit\n");
    await expect(run("evaluate", "--model", model, "--data", data, "--fruits", fruits)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("None of the fruits"),
    });
  });
});

describe("npm run predict", () => {
  it("tells the days left on each photograph", async () => {
    const [, first = ""] = (await readFile(join(data, "data.csv"), "utf8")).split("\n");
    const photograph = join(data, "images", `${first.split(",")[0]}.jpg`);
    const said = await run("predict", "--model", model, "--storage", "T20", photograph, photograph);
    const lines = said.trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^\d+\.\d\d days {2}.*\.jpg$/);
  });

  it("tells it to programs", async () => {
    const [, first = ""] = (await readFile(join(data, "data.csv"), "utf8")).split("\n");
    const photo = join(data, "images", `${first.split(",")[0]}.jpg`);
    const [answer, ...others] = JSON.parse(await run("predict", "--model", model, "--storage", "T20", photo, "--json"));
    expect(answer).toEqual({ photo, days: expect.any(Number) });
    expect(others).toEqual([]);
  });

  it("uses the model that comes with the project where none is named", async () => {
    const [, first = ""] = (await readFile(join(data, "data.csv"), "utf8")).split("\n");
    const photograph = join(data, "images", `${first.split(",")[0]}.jpg`);
    expect(await run("predict", "--storage", "T10", photograph)).toMatch(/^\d+\.\d\d days/);
  });

  it("answers wrong arguments with the usage", async () => {
    await expect(run("predict", "--model", model, "--storage", "fridge", "a.jpg")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /'fridge' is invalid. Allowed choices are T10, T20, Tam[\s\S]*Usage: avocado predict/,
      ),
    });
  });

  it("names the file that is no photograph", async () => {
    await expect(run("predict", "--model", model, "--storage", "T20", join(data, "data.csv"))).rejects.toMatchObject({
      stderr: expect.stringMatching(/data\.csv cannot be read as a photograph: not a photograph/),
    });
  });
});

describe("npm start", () => {
  it("says that the data is not there before it starts anything", async () => {
    await expect(run("start", "--once", "--data", join(folder, "nowhere"))).rejects.toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("nowhere' does not exist. Give a zip, or a folder with data.csv and images/."),
    });
  });
});
