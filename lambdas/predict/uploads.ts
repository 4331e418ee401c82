import { randomBytes } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import { ProblemError } from "../../api/problem.ts";
import type { Uploads } from "../../api/uploads.ts";
import { predictLimits } from "../../core/contracts/predict.ts";
import { NotFoundError } from "../../core/errors.ts";
import type { ObjectStore } from "../../core/storage.ts";

/** 256 bits by chance: who does not know a key does not find it. */
const keyForm = /^uploads\/[\w-]{43}$/;

/** Uploads into a bucket, by a form that bounds size and type: a presigned PUT could not. */
export function createUploads(client: S3Client, bucket: string, store: ObjectStore): Uploads {
  const { uploadBytes, uploadSeconds } = predictLimits;
  return {
    async createPresignedUpload(contentType) {
      const key = `uploads/${randomBytes(32).toString("base64url")}`;
      // Its code is loaded by the first upload, not before the first answer.
      const { createPresignedPost } = await import("@aws-sdk/s3-presigned-post");
      const { url, fields } = await createPresignedPost(client, {
        Bucket: bucket,
        Key: key,
        Fields: { "Content-Type": contentType },
        Conditions: [
          ["content-length-range", 1, uploadBytes],
          ["eq", "$Content-Type", contentType],
        ],
        Expires: uploadSeconds,
      });
      const expires_at = new Date(Date.now() + uploadSeconds * 1000).toISOString();
      return { upload_key: key, url, fields, max_bytes: uploadBytes, expires_at };
    },

    async read(uploadKey) {
      const found = keyForm.test(uploadKey) ? await store.head(uploadKey).catch(unavailable) : undefined;
      if (!found) throw notUploaded(uploadKey);
      if (found.size > uploadBytes) {
        throw new ProblemError(413, "ImageTooLarge", `Upload '${uploadKey}' has more than ${uploadBytes} bytes.`);
      }
      return store.read(uploadKey).catch((error: unknown) => {
        throw error instanceof NotFoundError ? notUploaded(uploadKey) : unavailable(error);
      });
    },
  };
}

function unavailable(cause: unknown): never {
  throw new ProblemError(503, "UploadsUnavailable", "Uploads cannot be read at the moment.", { cause });
}

function notUploaded(uploadKey: string): ProblemError {
  const detail = `Nothing is uploaded at '${uploadKey.slice(0, 100)}'. Uploads are kept for a day.`;
  return new ProblemError(400, "NotUploaded", detail);
}
