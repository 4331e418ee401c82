import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { errorMessage, NamedError, TransientError } from "../../core/errors.ts";
import { readRetryAfter, rootCause } from "../../core/http/request.ts";
import { retry } from "../../core/http/retry.ts";

/** A file cannot be had as it should be, and trying again cannot help. */
export class DownloadError extends NamedError {
  constructor(message: string, options?: ErrorOptions) {
    super("DownloadFailed", message, options);
  }
}

export interface DownloadOptions {
  url: string;
  /** Where the file goes. Until it is whole and checked it has another name next to it. */
  path: string;
  /** Bytes, and SHA-256 in hex, as the host states them. */
  size?: number | undefined;
  sha256?: string | undefined;
  /** Bytes so far, and in all where that is known. */
  onProgress?: (done: number, total: number | undefined) => void;
  /** A sentence when something went wrong that is being repaired. */
  onRetry?: (sentence: string) => void;
  /** Attempts in a row that bring no byte, before it gives up. */
  attempts?: number;
  /** Seconds without a byte after which a connection counts as lost. */
  stallSeconds?: number;
  /** Milliseconds before the second attempt at least; doubled each time. */
  backoff?: number;
}

/**
 * Downloads a file over an unreliable line: a lost connection is resumed where it broke off, also by the next call. What
 * does not have the stated size and hash never gets the file's name. A file that is there already, whole, is not fetched.
 * By hand: packages that resume (node-downloader-helper, ipull) check no hash and take a web page for the file.
 * @throws DownloadError when the host rejects or gives something else, TransientError when it cannot be reached
 */
export async function downloadFile(options: DownloadOptions): Promise<void> {
  const { path, url, sha256, onRetry } = options;
  if (await isWhole(path, options)) return;
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  const begun = await sizeOf(part);
  const resumed = (await fetchAll(options, part)) || begun > 0;
  if (!(await isWhole(part, options))) {
    await rm(part, { force: true });
    // The first bytes may be those of an older file of that name.
    if (resumed) {
      onRetry?.("What was fetched in several pieces does not have the stated SHA-256: fetching it anew");
      return downloadFile(options);
    }
    throw new DownloadError(
      `${url} is not the file that was announced: its SHA-256 is not ${sha256}. Nothing was kept. Either the host has ` +
        "changed the file, or something between it and this machine changes downloads.",
    );
  }
  await rename(part, path);
}

/** Fetches until the file is whole. @returns whether it took more than one piece */
async function fetchAll(options: DownloadOptions, part: string): Promise<boolean> {
  const { url, attempts = 5, backoff = 1000 } = options;
  const fetchFurther = () =>
    retry(
      () => fetchPiece(options, part),
      { maxAttempts: attempts, initialInterval: backoff },
      { shouldRetry: (error) => error instanceof TransientError, onRetry: (error) => report(error, options, part) },
    );
  try {
    for (let pieces = 1; ; pieces++) if (await fetchFurther()) return pieces > 1;
  } catch (cause) {
    if (!(cause instanceof TransientError)) throw cause;
    const kept = megabytes(await sizeOf(part));
    throw new TransientError(
      `${url} could not be fetched: ${cause.message} (${attempts} attempts). ${kept} are kept: run the command again to go on.`,
      { cause },
    );
  }
}

/** Fetches what is missing. @returns false when the connection was lost after more had arrived, which is not a failed attempt */
async function fetchPiece(options: DownloadOptions, part: string): Promise<boolean> {
  const before = await sizeOf(part);
  if (options.size !== undefined && before === options.size) return true;
  try {
    await fetchRest(options, part, before);
    return true;
  } catch (error) {
    if (!(error instanceof TransientError) || (await sizeOf(part)) <= before) throw error;
    await report(error, options, part);
    return false;
  }
}

async function report({ message }: Error, { onRetry }: DownloadOptions, part: string): Promise<void> {
  onRetry?.(`${message}; going on at ${megabytes(await sizeOf(part))}`);
}

async function fetchRest(options: DownloadOptions, part: string, begin: number): Promise<void> {
  const { url, stallSeconds = 30, size, onProgress } = options;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`no byte for ${stallSeconds} s`)), stallSeconds * 1000);
  try {
    const headers = { "accept-encoding": "identity", ...(begin > 0 && { range: `bytes=${begin}-` }) };
    const response = await fetch(url, { headers, signal: stalled.signal });
    const { start, total } = await readHead(response, options, part, begin);
    // Written as it comes, so that a connection that is lost costs nothing of what came before.
    const file = await open(part, start > 0 ? "a" : "w");
    let done = start;
    try {
      for await (const chunk of response.body ?? []) {
        timer.refresh();
        done += chunk.length;
        if (size !== undefined && done > size) throw wrongSize(url, `more than ${size}`, size);
        await file.write(chunk);
        onProgress?.(done, total);
      }
    } finally {
      await file.close();
    }
    if (total !== undefined && done < total) throw new TransientError("the connection ended early");
  } catch (error) {
    if (error instanceof NamedError) throw error;
    const cause = stalled.signal.aborted ? stalled.signal.reason : error;
    throw new TransientError(describeNetwork(cause), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Checks what kind of answer it is. `start`: where its first byte belongs. */
async function readHead(response: Response, options: DownloadOptions, part: string, begin: number) {
  const { url, size } = options;
  const { status, headers } = response;
  const where = response.redirected ? `${url} (moved to ${response.url})` : url;
  if (status === 416) {
    await rm(part, { force: true });
    throw new TransientError("the host has less of the file than was fetched before");
  }
  if (status === 408 || status === 429 || status >= 500) {
    throw new TransientError(`the host answers ${status}`, { retryAfter: readRetryAfter(response) });
  }
  if (!response.ok) {
    const why = status === 404 || status === 410 ? "the file is not there any more" : "the host rejects it";
    throw new DownloadError(`${where} answers ${status} ${response.statusText}: ${why}.`);
  }
  const type = headers.get("content-type") ?? "";
  if (/^text\/html/i.test(type)) throw new DownloadError(`${where} answers with a web page instead of the file.`);
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "");
  const length = headers.get("content-length");
  const start = status === 206 ? Number(range?.[1]) : 0;
  if (status === 206 && start !== begin) {
    await rm(part, { force: true });
    throw new TransientError("the host sends another part of the file than was asked for");
  }
  const total = range ? Number(range[2]) : length === null ? size : Number(length);
  if (size !== undefined && total !== size) throw wrongSize(where, String(total), size);
  return { start, total };
}

function wrongSize(where: string, found: string, size: number): DownloadError {
  return new DownloadError(`${where} is not the file that was announced: it has ${found} bytes, not ${size}.`);
}

function describeNetwork(error: unknown): string {
  const cause = rootCause(error);
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the name of the host is not known here (${code})`;
  if (code === "ECONNREFUSED") return "the host does not accept connections (ECONNREFUSED)";
  if (code === "ENOSPC") throw new DownloadError("The disk is full.", { cause: error });
  return `the connection was lost (${errorMessage(cause)})`;
}

async function isWhole(path: string, { size, sha256 }: DownloadOptions): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found || (size !== undefined && found.size !== size)) return false;
  return sha256 === undefined || (await hashFile(path)) === sha256;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
