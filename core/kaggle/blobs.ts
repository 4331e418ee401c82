import { Readable } from "node:stream";
import { z } from "zod";
import type { RequestOptions } from "../http/request.ts";
import { KaggleAwayError, type KaggleHttp } from "./http.ts";

/** A file to upload, read from any byte on. */
export interface BlobSource {
  name: string;
  /** Bytes. */
  size: number;
  modified: Date;
  open(from: number): Promise<Readable>;
}

const started = z.object({ token: z.string().min(1), createUrl: z.url() });
type Upload = z.infer<typeof started> & {
  /** Bytes that have arrived as far as is known, and the most that ever had. */
  from: number;
  furthest: number;
  /** Whether the last attempt failed, so that it is unknown how much of it has arrived. */
  interrupted: boolean;
};
/** `from`: bytes that have arrived. */
type Progress = { state: "complete" | "expired" } | { state: "partial"; from: number };
/** Milliseconds for the content of one file. */
const uploadTime = 15 * 60_000;

/** Uploads of files that become part of a dataset. */
export class KaggleBlobs {
  private readonly http: KaggleHttp;

  constructor(http: KaggleHttp) {
    this.http = http;
  }

  /**
   * Uploads one file without holding it in memory and takes a broken upload up again where it broke off.
   * @returns the token that stands for the file
   * @throws KaggleError; TransientError when several attempts in a row got no byte further
   */
  async upload(source: BlobSource): Promise<string> {
    const upload: Upload = { ...(await this.start(source)), from: 0, furthest: 0, interrupted: false };
    // Attempts are counted anew whenever more of the file has arrived.
    for (let whole = false; !whole; ) whole = await this.http.retried(() => this.advance(source, upload));
    return upload.token;
  }

  private start({ name, size, modified }: BlobSource) {
    const body = {
      type: "DATASET",
      name,
      contentLength: size,
      lastModifiedEpochSeconds: Math.floor(modified.getTime() / 1000),
    };
    return this.http.call("blobs.BlobApiService/StartBlobUpload", body, started);
  }

  /** Sends the rest. After a failure it asks first, and returns false when more has arrived than ever before. */
  private async advance(source: BlobSource, upload: Upload): Promise<boolean> {
    if (upload.interrupted) {
      const found = await this.probe(source, upload.createUrl);
      if (found.state === "complete") return true;
      upload.interrupted = false;
      if (found.state === "expired") Object.assign(upload, await this.start(source));
      upload.from = found.state === "partial" ? found.from : 0;
      if (upload.from > upload.furthest) {
        upload.furthest = upload.from;
        return false;
      }
    }
    upload.interrupted = true;
    const { state } = await this.put(source, upload.createUrl, upload.from);
    if (state === "complete") return true;
    throw new KaggleAwayError(`the upload of ${source.name}`, `its address is ${state}`);
  }

  private async put(source: BlobSource, url: string, from: number): Promise<Progress> {
    const { size } = source;
    const content = await source.open(from);
    const headers = {
      "content-length": String(size - from),
      ...(from > 0 && { "content-range": `bytes ${from}-${size - 1}/${size}` }),
    };
    // The types of the web platform do not know yet that a streamed body must say so. A client that may be redirected keeps a copy
    // of all that was sent; without that, an answer 308 is an error, and the probe after it says how much has arrived.
    const streamed = { body: Readable.toWeb(content), duplex: "half", redirect: "error", window: null } as RequestInit;
    try {
      return await this.progressOf(source, url, { headers, ...streamed, timeout: uploadTime });
    } finally {
      content.destroy();
    }
  }

  private probe(source: BlobSource, url: string): Promise<Progress> {
    return this.progressOf(source, url, { headers: { "content-range": `bytes */${source.size}` } }).catch((error) => {
      // Not even that can be asked: the next attempt finds out.
      if (error instanceof KaggleAwayError) return { state: "partial", from: 0 };
      throw error;
    });
  }

  private async progressOf({ name }: BlobSource, url: string, init: Partial<RequestOptions>): Promise<Progress> {
    const request = { method: "PUT", redirect: "manual", ...init } as const;
    const answer = await this.http.send(`the upload of ${name}`, url, request, [308, 404, 410]);
    if (answer.status === 404 || answer.status === 410) return { state: "expired" };
    if (answer.status !== 308) return { state: "complete" };
    const last = /-(\d+)$/.exec(answer.headers.get("range") ?? "")?.[1];
    return { state: "partial", from: last === undefined ? 0 : Number(last) + 1 };
  }
}
