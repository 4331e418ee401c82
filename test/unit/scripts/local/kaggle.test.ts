import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { prepareKaggle, readCredentials } from "../../../../scripts/local/kaggle.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "kaggle-home-"));
});
afterEach(() => rm(home, { recursive: true }));

describe("prepareKaggle", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("puts the tunnel's password into the secret, and its address alone into the configuration", async () => {
    for (const [name, value] of [
      ["KAGGLE_USERNAME", "jane"],
      ["KAGGLE_API_TOKEN", "t"],
      ["NGROK_AUTHTOKEN", "n"],
    ])
      vi.stubEnv(name as string, value);
    const prepared = await prepareKaggle(
      { service: "real", tunnel: true, weights: "imagenet" },
      {
        folder: home,
        mlflowUrl: "http://127.0.0.1:5000",
        say: () => {},
        forward: async () => ({ url: "https://x.ngrok.app", close: async () => {} }),
      },
    );
    await prepared.stop();
    expect(prepared.secret).toEqual({
      KAGGLE_USERNAME: "jane",
      KAGGLE_API_TOKEN: "t",
      MLFLOW_TRACKING_USERNAME: "kaggle",
      MLFLOW_TRACKING_PASSWORD: expect.stringMatching(/^.{24,}$/),
    });
    expect(prepared.settings).toMatchObject({ tracking: { uri: "https://x.ngrok.app" } });
    expect(JSON.stringify(prepared.settings)).not.toContain(prepared.secret.MLFLOW_TRACKING_PASSWORD);
  });
});

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
