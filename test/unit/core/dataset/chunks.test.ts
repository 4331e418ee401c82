import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ChunkWriter, readChunk } from "../../../../core/dataset/chunks.ts";
import { temporaryStore } from "./raw-dataset.ts";

describe("ChunkWriter", () => {
  it("closes a chunk after 256 files", async () => {
    const store = temporaryStore();
    const writer = new ChunkWriter(store, (chunk) => `${chunk}.tar`);
    const chunks = [];
    for (let i = 0; i < 257; i++) chunks.push(await writer.add(`${i}`, Buffer.from([i % 256])));
    await writer.flush();
    expect([chunks[255], chunks[256], writer.chunks]).toEqual([0, 1, 2]);
    expect((await readChunk(store, "0.tar")).size).toBe(256);
    expect(await readChunk(store, "1.tar")).toEqual(new Map([["256", Buffer.from([0])]]));
  });

  it("closes a chunk before 32 MB, and gives a larger file one of its own", async () => {
    const writer = new ChunkWriter(temporaryStore(), (chunk) => `${chunk}.tar`);
    const chunks = [];
    for (const megabytes of [20, 11, 2, 40, 1])
      chunks.push(await writer.add(`${megabytes}`, Buffer.alloc(megabytes << 20)));
    expect(chunks).toEqual([0, 0, 1, 2, 3]);
  });

  it("keeps long and foreign names", async () => {
    const store = temporaryStore();
    const writer = new ChunkWriter(store, () => "a.tar");
    const path = `${"x".repeat(150)}/ä.jpg`;
    const content = randomBytes(700);
    await writer.add(path, content);
    await writer.flush();
    expect(await readChunk(store, "a.tar")).toEqual(new Map([[path, content]]));
  });
});
