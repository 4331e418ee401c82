import sharp from "sharp";
import { imageBytes, imageSize } from "../../core/contracts/dataset.ts";
import { openDataset } from "../../core/dataset/open.ts";
import { errorMessage } from "../../core/errors.ts";
import type { ObjectStore } from "../../core/storage.ts";

/** Asks the API about the first labelled photograph of the held-out part, and adds what is known of it. */
export async function predictExample(api: string, data: ObjectStore, version: string): Promise<unknown> {
  try {
    const { row, png } = await pickPhotograph(data, version);
    const form = new FormData();
    form.append("image_files", new Blob([new Uint8Array(png)], { type: "image/png" }), `${row.fileName}.png`);
    form.append("storage_conditions", row.storageGroup);
    const answer = await fetch(`${api}/predict`, { method: "POST", body: form, signal: AbortSignal.timeout(30_000) });
    const known = { photograph: row.fileName, storage_condition: row.storageGroup, true_days: row.shelfLifeDays };
    return { ...((await answer.json()) as object), ...known };
  } catch (error) {
    return { error: errorMessage(error) };
  }
}

async function pickPhotograph(data: ObjectStore, version: string) {
  const dataset = await openDataset(data, version);
  const row = dataset.rows.find(({ split, shelfLifeDays }) => split === "test" && shelfLifeDays !== undefined);
  if (!row) throw new Error(`Dataset ${version} has no labelled test photograph`);
  const { pixels } = await dataset.readShard(row.shard);
  const image = pixels.subarray(row.index * imageBytes, (row.index + 1) * imageBytes);
  const png = await sharp(image, { raw: { width: imageSize, height: imageSize, channels: 3 } })
    .png()
    .toBuffer();
  return { row, png };
}
