import { describe, expect, it } from "vitest";
import { ChunkWriter } from "../../../../core/dataset/chunks.ts";
import { maxPhotographs } from "../../../../core/dataset/input.ts";
import { storeFiles } from "../../../../core/dataset/stored-files.ts";
import { temporaryStore } from "./raw-dataset.ts";

/** A writer whose chunks go nowhere. */
class NoChunks extends ChunkWriter {
  given = 0;
  override async add(): Promise<number> {
    this.given++;
    return 0;
  }
}

async function* photographs(count: number) {
  const content = Buffer.from("x");
  for (let at = 0; at < count; at++) yield { path: `images/${at}.jpg`, content };
}

describe("storeFiles", () => {
  it("takes as many photographs as a dataset can have, and rejects one more with the limit", async () => {
    const writer = new NoChunks(temporaryStore(), String);
    const message = expect.stringContaining(`more than ${maxPhotographs} photographs`);
    const stored = storeFiles(photographs(maxPhotographs + 1), writer);
    await expect(stored).rejects.toMatchObject({ name: "InvalidDataset", message });
    expect(writer.given).toBe(maxPhotographs);
  });
});
