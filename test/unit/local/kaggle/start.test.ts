import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateSecretCommand, ResourceExistsException, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { prepareKaggle, readCredentials, storeKaggleSecret } from "../../../../local/kaggle/start.ts";

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
        log: () => {},
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

it("creates the secret with the credentials, and replaces what it holds the next time", async () => {
  vi.stubEnv("AWS_REGION", "us-east-1");
  const secrets = mockClient(SecretsManagerClient);
  secrets
    .on(CreateSecretCommand)
    .resolvesOnce({})
    .rejects(new ResourceExistsException({ message: "there", $metadata: {} }));
  for (const KAGGLE_KEY of ["old", "new"]) await storeKaggleSecret("avocado/local/kaggle", { KAGGLE_KEY });
  expect(secrets.calls().map(({ args: [command] }) => command.input)).toEqual([
    { Name: "avocado/local/kaggle", SecretString: '{"KAGGLE_KEY":"old"}' },
    { Name: "avocado/local/kaggle", SecretString: '{"KAGGLE_KEY":"new"}' },
    { SecretId: "avocado/local/kaggle", SecretString: '{"KAGGLE_KEY":"new"}' },
  ]);
  vi.unstubAllEnvs();
});
