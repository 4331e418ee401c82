import { S3Client, type S3ServiceException } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { errorMessage, InvalidInputError, NamedError, NotFoundError, TransientError } from "../core/errors.ts";
import { parseJson } from "../core/json.ts";
import { S3Store } from "./s3-store.ts";

/** What opens a bucket that is not ours: credentials, and an address where it is not AWS that keeps it. */
const externalAccess = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  region: z.string().min(1),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
});

/**
 * A bucket in another account or at another S3-compatible host.
 * @throws InvalidInputError when the secret is missing or says something else; its values are never shown
 */
export async function openExternalStore(
  secrets: SecretsManagerClient,
  secretName: string,
  bucket: string,
): Promise<S3Store> {
  const { endpoint, region, ...credentials } = await readAccess(secrets, secretName);
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const client = new S3Client({
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    // Hosts other than AWS rarely have a name for each bucket, and not all know the newer checksums.
    ...(endpoint && { endpoint, forcePathStyle: true, responseChecksumValidation: "WHEN_REQUIRED" as const }),
  });
  return new S3Store(client, bucket);
}

async function readAccess(secrets: SecretsManagerClient, name: string): Promise<z.infer<typeof externalAccess>> {
  const found = await secrets.send(new GetSecretValueCommand({ SecretId: name })).catch((cause: unknown) => {
    if (!(cause instanceof Error && cause.name === "ResourceNotFoundException")) throw cause;
    throw new InvalidInputError(
      `There is no secret '${name}'. Make it with { "region": ..., "accessKeyId": ..., "secretAccessKey": ... } and, for a ` +
        'host that is not AWS, "endpoint".',
      { cause },
    );
  });
  const parsed = externalAccess.safeParse(parseJson(found.SecretString ?? ""));
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(`Secret '${name}' does not open a bucket:\n${z.prettifyError(parsed.error)}`);
}

/** What cannot be repaired by trying again, by the error's name or its status. */
const rejections: Record<string, string> = {
  301: "the bucket is in another region",
  401: "the credentials do not allow to read it",
  403: "the credentials do not allow to read it",
  InvalidAccessKeyId: "the access key is not known there",
  SignatureDoesNotMatch: "the secret access key is wrong",
  NoSuchBucket: "there is no such bucket",
  ExpiredToken: "the session token has expired",
};

/** What an error of an external bucket means for the caller that named it. `address`: as in the execution input. */
export function explainExternalError(error: unknown, address: string, secretName: string): unknown {
  if (error instanceof NotFoundError) return new NotFoundError(`${address}: ${error.message}`, { cause: error });
  if (error instanceof NamedError || !(error instanceof Error)) return error;
  const status = "$metadata" in error ? (error as S3ServiceException).$metadata.httpStatusCode : undefined;
  // The answer to a HEAD has no body, so that only its status says what is wrong.
  const rejection = rejections[error.name] ?? rejections[status ?? 0];
  if (rejection) {
    const message = `${address} cannot be read: ${rejection}. Check the address and secret '${secretName}'.`;
    return new InvalidInputError(message, { cause: error });
  }
  if (status !== undefined || "code" in error) {
    return new TransientError(`${address} cannot be reached: ${errorMessage(error)}`, { cause: error });
  }
  return error;
}
