import { Readable } from "node:stream";
import { z } from "zod";
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
    let { token, createUrl } = await this.start(source);
    let from = 0;
    let furthest = 0;
    for (let attempt = 1; ; attempt++) {
      const progress = await this.attempt(source, createUrl, from, attempt);
      if (progress.state === "complete") return token;
      if (progress.state === "expired") ({ token, createUrl } = await this.start(source));
      from = progress.state === "partial" ? progress.from : 0;
      if (from > furthest) attempt = 0;
      furthest = Math.max(furthest, from);
    }
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

  /** Sends the rest; when that breaks off, asks how much has arrived. */
  private async attempt(source: BlobSource, url: string, from: number, attempt: number): Promise<Progress> {
    try {
      return await this.put(source, url, from);
    } catch (error) {
      if (!(error instanceof KaggleAwayError)) throw error;
      await this.http.pause(attempt, error);
      return this.probe(source, url);
    }
  }

  private async put(source: BlobSource, url: string, from: number): Promise<Progress> {
    const { size } = source;
    const content = await source.open(from);
    const headers = {
      "content-length": String(size - from),
      ...(from > 0 && { "content-range": `bytes ${from}-${size - 1}/${size}` }),
    };
    // The types of the web platform do not know yet that a streamed body must say so. Whoever may be redirected keeps a copy
    // of all that was sent; without that, an answer 308 is an error, and the probe after it says how much has arrived.
    const streamed = { body: Readable.toWeb(content), duplex: "half", redirect: "error", window: null } as RequestInit;
    try {
      return await this.progressOf(source, url, { headers, ...streamed, signal: AbortSignal.timeout(uploadTime) });
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

  private async progressOf({ name }: BlobSource, url: string, init: RequestInit): Promise<Progress> {
    const request: RequestInit = { method: "PUT", redirect: "manual", ...init };
    const answer = await this.http.send(`the upload of ${name}`, url, request, [308, 404, 410]);
    if (answer.status === 404 || answer.status === 410) return { state: "expired" };
    if (answer.status !== 308) return { state: "complete" };
    const last = /-(\d+)$/.exec(answer.headers.get("range") ?? "")?.[1];
    return { state: "partial", from: last === undefined ? 0 : Number(last) + 1 };
  }
}
