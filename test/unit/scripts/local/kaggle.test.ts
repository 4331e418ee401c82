import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCredentials } from "../../../../scripts/local/kaggle.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "kaggle-home-"));
});
afterEach(() => rm(home, { recursive: true }));

describe("readCredentials", () => {
  it("takes the environment's", async () => {
    const environment = { KAGGLE_USERNAME: "jane", KAGGLE_API_TOKEN: "t", KAGGLE_KEY: "k" };
    expect(await readCredentials(environment, home)).toEqual({ KAGGLE_USERNAME: "jane", KAGGLE_API_TOKEN: "t" });
  });

  it("takes the file that Kaggle gives people", async () => {
    await mkdir(join(home, ".kaggle"));
    await writeFile(join(home, ".kaggle/kaggle.json"), '{"username":"jane","key":"k"}');
    expect(await readCredentials({}, home)).toEqual({ KAGGLE_USERNAME: "jane", KAGGLE_KEY: "k" });
  });

  it("says where it looked and where to get them", async () => {
    await expect(readCredentials({}, home)).rejects.toThrow(/kaggle\.json.*Settings, API/s);
  });
});
