import { Readable } from "node:stream";
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { NotFoundError } from "../core/errors.ts";
import type { ObjectInfo, ObjectStore } from "../core/storage.ts";

/** A bucket as an object store. Every object is written with the bucket's default encryption. */
export class S3Store implements ObjectStore {
  readonly bucket: string;
  private readonly client: S3Client;

  constructor(client: S3Client, bucket: string) {
    this.client = client;
    this.bucket = bucket;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const found = await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return {
        key,
        size: found.ContentLength ?? 0,
        etag: found.ETag ?? "",
        modified: found.LastModified ?? new Date(0),
      };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix: prefix });
    for await (const page of pages) {
      for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
        if (Key) yield { key: Key, size: Size ?? 0, etag: ETag ?? "", modified: LastModified ?? new Date(0) };
      }
    }
  }

  async readStream(key: string, from = 0): Promise<Readable> {
    try {
      const { Body } = await this.client.send(
        new GetObjectCommand({ Bucket: this.bucket, Key: key, ...(from > 0 && { Range: `bytes=${from}-` }) }),
      );
      if (!(Body instanceof Readable)) throw new Error(`s3://${this.bucket}/${key} came without a body`);
      return Body;
    } catch (error) {
      if (isMissing(error)) throw new NotFoundError(`s3://${this.bucket}/${key} does not exist`, { cause: error });
      throw error;
    }
  }

  async read(key: string): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await this.readStream(key)) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  }

  async write(key: string, body: Uint8Array | string, contentType?: string): Promise<void> {
    const input = { Bucket: this.bucket, Key: key, Body: body, ...(contentType && { ContentType: contentType }) };
    await this.client.send(new PutObjectCommand(input));
  }

  async writeIfUnchanged(key: string, body: Uint8Array | string, etag: string | undefined): Promise<boolean> {
    const condition = etag === undefined ? { IfNoneMatch: "*" } : { IfMatch: etag };
    try {
      await this.client.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ...condition }));
      return true;
    } catch (error) {
      // Conflict: another conditional write was under way. Missing: the object was deleted meanwhile.
      if (isMissing(error) || hasStatus(error, 409, 412)) return false;
      throw error;
    }
  }

  async writeStream(key: string, body: Readable, contentType?: string): Promise<void> {
    const params = { Bucket: this.bucket, Key: key, Body: body, ...(contentType && { ContentType: contentType }) };
    await new Upload({ client: this.client, params }).done();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && ["NoSuchKey", "NotFound"].includes(error.name);
}

function hasStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof S3ServiceException && statuses.includes(error.$metadata.httpStatusCode ?? 0);
}

/** Splits `s3://bucket/key`. @throws Error when it is no such address */
export function parseS3Uri(uri: string): { bucket: string; key: string } {
  const match = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri);
  if (!match?.[1]) throw new Error(`'${uri}' is not an s3:// address`);
  return { bucket: match[1], key: match[2] ?? "" };
}
