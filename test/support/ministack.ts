import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../aws/s3-store.ts";
import { startMinistack } from "../../local/ministack.ts";
import { freePort } from "../../local/service.ts";

export interface TestService {
  url: string;
  stop(): Promise<void>;
}

/** Starts an empty MiniStack on a free port. Stop it in `afterAll`; it also ends with the test process. */
export async function startTestMinistack(): Promise<TestService> {
  const folder = mkdtempSync(join(tmpdir(), "test-ministack-"));
  const service = await startMinistack({ port: await freePort(), logFile: join(folder, "ministack.log") });
  void service.exited.then(() => rmSync(folder, { recursive: true, force: true }));
  return service;
}

/** What an AWS client needs to reach a MiniStack. */
export function localClient(url: string) {
  return { endpoint: url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
}

/** A bucket of a MiniStack as a store. */
export function bucketStore(url: string, bucket: string): S3Store {
  return new S3Store(new S3Client(localClient(url)), bucket);
}

/** Makes a bucket there and gives it as a store. */
export async function createBucket(url: string, bucket: string): Promise<S3Store> {
  await new S3Client(localClient(url)).send(new CreateBucketCommand({ Bucket: bucket }));
  return bucketStore(url, bucket);
}
