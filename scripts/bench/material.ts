import { createWriteStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import sharp from "sharp";
import { ZipFile } from "yazl";
import { dataColumns } from "../../core/dataset/rows.ts";
import { FolderStore } from "../../core/folder-store.ts";
import { writeSample } from "../../core/synthetic/sample.ts";

/** Side of the published photographs in pixels. */
const publishedSide = 800;
const mostPhotographs = 400;
const photographsOfFruit = 20;

/** Photographs to measure with: those of a dataset as they are, or rendered ones in the size of the published. */
export async function collectPhotographs(data: string | undefined, work: string) {
  if (data === undefined) await writeSample(new FolderStore(work), { fruits: 6, seed: 1 });
  const images = join(data ?? work, "images");
  const photographs: Buffer[] = [];
  for (const name of (await readdir(images)).sort().slice(0, mostPhotographs)) {
    const bytes = await readFile(join(images, name));
    photographs.push(data === undefined ? await enlarge(bytes) : bytes);
  }
  const { width, height } = await sharp(photographs[0]).metadata();
  return {
    photographs,
    side: `${width} x ${height}`,
    source: data === undefined ? "rendered" : basename(resolve(data)),
  };
}

/** Quality 82 gives files of about the size of the published ones, on which decoding time depends. */
function enlarge(bytes: Buffer): Promise<Buffer> {
  return sharp(bytes).resize(publishedSide, publishedSide).jpeg({ quality: 82 }).toBuffer();
}

/**
 * Writes a dataset of so many photographs as a zip, each photograph as often as it takes.
 * @returns bytes of the zip
 */
export async function writeBenchZip(path: string, photographs: readonly Buffer[], count: number): Promise<number> {
  const zip = new ZipFile();
  const rows = [dataColumns.join(",")];
  for (let i = 0; i < count; i++) {
    const [fruit, day] = [Math.floor(i / photographsOfFruit) + 1, (i % photographsOfFruit) + 1];
    const name = `T20_d${day}_${fruit}_a`;
    const date = `2024-01-${String(day).padStart(2, "0")} 12:00:00`;
    rows.push([name, date, "T20", fruit, day, Math.ceil((day * 5) / photographsOfFruit)].join(","));
    zip.addBuffer(photographs[i % photographs.length] as Buffer, `images/${name}.jpg`, { compress: false });
  }
  zip.addBuffer(Buffer.from(rows.join("\n")), "data.csv");
  zip.addBuffer(Buffer.from('{ "source": "bench" }'), "dataset.json");
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
  return (await stat(path)).size;
}
