import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { Faults } from "./faults.ts";
import { ApiError, type Call, type Method, method } from "./http.ts";

interface Blob {
  name: string;
  path: string;
  size: number;
}

/** Uploaded files, before they are part of a dataset. */
export class Blobs {
  readonly methods: Record<string, Method>;
  private readonly faults: Faults;
  private readonly blobs = new Map<string, Blob>();

  constructor(folder: string, faults: Faults) {
    this.faults = faults;
    const start = z.object({ type: z.literal("DATASET"), name: z.string().min(1), contentLength: z.int().min(1) });
    this.methods = {
      "blobs.BlobApiService/StartBlobUpload": method(start, async ({ name, contentLength }, { origin }) => {
        await mkdir(folder, { recursive: true });
        const token = randomUUID();
        this.blobs.set(token, { name, path: join(folder, token), size: contentLength });
        return { token, createUrl: `${origin}/upload/${token}` };
      }),
    };
  }

  /** Takes content, the rest of it, or the question how much has arrived. */
  async put(token: string, { request, response }: Call): Promise<void> {
    const blob = this.blobs.get(token);
    if (!blob) throw new ApiError(404, "No such upload");
    const arrived = await sizeOf(blob.path);
    const range = request.headers["content-range"];
    if (range?.startsWith("bytes */")) {
      if (arrived === blob.size) response.writeHead(200).end();
      else response.writeHead(308, arrived > 0 ? { range: `bytes=0-${arrived - 1}` } : {}).end();
      return;
    }
    const from = range ? Number(/^bytes (\d+)-/.exec(range)?.[1]) : 0;
    if (from > arrived) throw new ApiError(400, `Bytes ${arrived} to ${from} have not arrived`);
    if (this.faults.takeTruncation()) {
      const { socket } = request;
      await this.takeHalf(blob, from, request);
      socket.destroy();
      return;
    }
    const flags = from > 0 ? "r+" : "w";
    await pipeline(request, createWriteStream(blob.path, { flags, start: from }));
    const size = await sizeOf(blob.path);
    if (size !== blob.size) throw new ApiError(400, `${size} of ${blob.size} bytes have arrived`);
    response.writeHead(200).end();
  }

  /** Whole uploads by their tokens. @throws ApiError */
  async take(tokens: readonly string[]): Promise<Blob[]> {
    return Promise.all(
      tokens.map(async (token) => {
        const blob = this.blobs.get(token);
        if (!blob || (await sizeOf(blob.path)) !== blob.size) throw new ApiError(400, `No whole upload ${token}`);
        return blob;
      }),
    );
  }

  private async takeHalf({ path, size }: Blob, from: number, request: Call["request"]): Promise<void> {
    const file = await open(path, from > 0 ? "r+" : "w");
    let left = Math.ceil((size - from) / 2);
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        await file.write(chunk, 0, Math.min(left, chunk.length), from);
        from += Math.min(left, chunk.length);
        left -= Math.min(left, chunk.length);
        if (left === 0) return;
      }
    } finally {
      await file.close();
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
