import { randomUUID } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { explainExternalError, openExternalStore } from "../../../aws/external-store.ts";
import { S3Store } from "../../../aws/s3-store.ts";
import { fetchNamedData } from "../../../lambdas/fetch-data/logic.ts";
import { freePort } from "../../../local/service.ts";
import { createBucket, localClient, startTestMinistack, type TestService } from "../../support/ministack.ts";
import { names, rawDataset, zipped } from "../../unit/core/dataset/raw-dataset.ts";

/** Another S3-compatible host, with another account's bucket. MiniStack takes an access key of 12 digits for an account. */
const account = "111122223333";
let host: TestService;
let theirs: S3Store;
let ours: { bucket: string; store: S3Store };
let data: S3Store;
let secrets: SecretsManagerClient;
beforeAll(async () => {
  host = await startTestMinistack();
  const credentials = { accessKeyId: account, secretAccessKey: "their-secret" };
  const client = new S3Client({ ...localClient(host.url), credentials });
  await client.send(new CreateBucketCommand({ Bucket: "their-photographs" }));
  theirs = new S3Store(client, "their-photographs");
  await theirs.write("2024/avocados.zip", await zipped(await rawDataset()));
  secrets = new SecretsManagerClient(localClient(inject("services").aws));
});
afterAll(() => host.stop());
beforeEach(async () => {
  const { aws } = inject("services");
  const id = randomUUID().slice(0, 8);
  ours = { bucket: `raw-${id}`, store: await createBucket(aws, `raw-${id}`) };
  data = await createBucket(aws, `data-${id}`);
});

const access = () => {
  return { endpoint: host.url, region: "us-east-1", accessKeyId: account, secretAccessKey: "their-secret" };
};
/** Fetches with a secret that says this. */
async function fetchWith(secret: unknown, address = "s3://their-photographs/2024/avocados.zip") {
  const name = `raw-data-${randomUUID()}`;
  if (secret !== undefined) {
    await secrets.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(secret) }));
  }
  return fetchNamedData(address, {
    raw: ours,
    data,
    external: {
      open: (bucket) => openExternalStore(secrets, name, bucket),
      explain: (error, named) => explainExternalError(error, named, name),
    },
  });
}

describe("raw data at s3://", () => {
  it("is read from another host with the credentials of the secret", async () => {
    const fetched = await fetchWith(access());
    expect(fetched).toMatchObject({ photographs: names.length, problems: {} });
    expect(await data.head(`${fetched.prefix}index.json`)).toBeDefined();
  });

  it("is the newest of a bucket that is named alone", async () => {
    expect(await fetchWith(access(), "s3://their-photographs/")).toMatchObject({ photographs: names.length });
  });

  it("is read with the own role when it is the raw bucket", async () => {
    await ours.store.write("mine.zip", await zipped(await rawDataset()));
    const fetched = await fetchNamedData(`s3://${ours.bucket}/mine.zip`, { raw: ours, data });
    expect(fetched).toMatchObject({ photographs: names.length });
  });

  it("needs a secret to be configured", async () => {
    await expect(fetchNamedData("s3://their-photographs/x.zip", { raw: ours, data })).rejects.toMatchObject({
      name: "InvalidInput",
      message: expect.stringContaining("Name their secret as rawDataSecret"),
    });
  });

  it("says that the secret is not there", async () => {
    await expect(fetchWith(undefined)).rejects.toMatchObject({
      name: "InvalidInput",
      message: expect.stringMatching(/^There is no secret 'raw-data-/),
    });
  });

  it("says what the secret lacks, and nothing of what it has", async () => {
    const error = await fetchWith({ secretAccessKey: "their-secret" }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: "InvalidInput", message: expect.stringMatching(/region[\s\S]*accessKeyId/) });
    expect(String(error)).not.toContain("their-secret");
  });

  it.each([
    [
      "no such object",
      "s3://their-photographs/none.zip",
      "NotFound",
      /^s3:\/\/their-photographs\/none.zip: There is no/,
    ],
    [
      "no such bucket",
      "s3://nobodys-photographs/none.zip",
      "InvalidInput",
      /there is no such bucket\. Check the address/,
    ],
  ])("says that there is %s", async (_name, address, name, message) => {
    await expect(fetchWith(access(), address)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });

  it.each([
    [
      "the credentials are another account's",
      { accessKeyId: "444455556666" },
      "the credentials do not allow to read it",
    ],
    ["the region is wrong", { region: "eu-west-1" }, "the bucket is in another region"],
  ])("is rejected when %s", async (_name, wrong, message) => {
    await expect(fetchWith({ ...access(), ...wrong })).rejects.toMatchObject({
      name: "InvalidInput",
      message: expect.stringContaining(`${message}. Check the address and secret 'raw-data-`),
    });
  });

  it("is tried again later when the host does not answer", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    await expect(fetchWith({ ...access(), endpoint })).rejects.toMatchObject({
      name: "Transient",
      message: expect.stringContaining("cannot be reached"),
    });
  });
});
