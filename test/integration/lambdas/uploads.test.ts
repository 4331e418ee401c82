import { randomBytes } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, inject, it } from "vitest";
import type { Uploads } from "../../../api/uploads.ts";
import type { UploadResponse } from "../../../core/contracts/predict.ts";
import { createUploads } from "../../../lambdas/predict/uploads.ts";
import { createBucket, localClient } from "../../support/ministack.ts";

const { aws } = inject("services");
let uploads: Uploads;

beforeAll(async () => {
  const store = await createBucket(aws, "uploaded");
  uploads = createUploads(new S3Client(localClient(aws)), "uploaded", store);
});

/** Uploads as a browser does, file last. */
function upload({ url, fields }: UploadResponse, bytes: Uint8Array, change: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...change })) form.append(name, value);
  form.append("file", new Blob([new Uint8Array(bytes)]));
  return fetch(url, { method: "POST", body: form });
}

describe("uploads", () => {
  it("take a photograph that no request could hold, under a key that nobody guesses", async () => {
    const photograph = randomBytes(5_000_000);
    const [presigned, other] = await Promise.all([
      uploads.createPresignedUpload("image/jpeg"),
      uploads.createPresignedUpload("image/jpeg"),
    ]);
    expect(presigned.upload_key).toMatch(/^uploads\/[\w-]{43}$/);
    expect(other.upload_key).not.toBe(presigned.upload_key);
    expect((await upload(presigned, photograph)).status).toBeLessThan(300);
    expect(Buffer.from(await uploads.read(presigned.upload_key)).equals(photograph)).toBe(true);
  });

  it("are bound to size, type, key and 15 minutes by what is signed", async () => {
    const { fields, upload_key, expires_at } = await uploads.createPresignedUpload("image/png");
    const policy = JSON.parse(Buffer.from(fields.Policy as string, "base64").toString());
    expect(policy.conditions).toEqual(
      expect.arrayContaining([
        ["content-length-range", 1, 25_000_000],
        ["eq", "$Content-Type", "image/png"],
        { key: upload_key },
        { bucket: "uploaded" },
      ]),
    );
    const minutes = (Date.parse(policy.expiration) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(14);
    expect(minutes).toBeLessThanOrEqual(15);
    expect(Math.abs(Date.parse(expires_at) - Date.parse(policy.expiration))).toBeLessThan(5_000);
  });

  it.each(["uploads/nothing", `uploads/${"a".repeat(43)}`, "serving/champion.json", "uploads/../secret"])(
    "reject a key at which nothing was uploaded: %s",
    async (key) => {
      await expect(uploads.read(key)).rejects.toMatchObject({ status: 400, name: "NotUploaded" });
    },
  );
});
