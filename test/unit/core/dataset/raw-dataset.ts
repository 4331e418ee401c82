import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { onTestFinished } from "vitest";
import { ZipFile } from "yazl";
import { splits } from "../../../../core/contracts/dataset.ts";
import { splitOfFruit } from "../../../../core/dataset/split.ts";
import { FolderStore } from "../../../../core/folder-store.ts";

export const header = "File Name,Time Stamp,Storage Group,Sample,Day of Experiment,Ripening Index Classification";
export const source = "test-set";

/** A folder that is gone after the test. */
export function temporaryStore(): FolderStore {
  const folder = mkdtempSync(join(tmpdir(), "data-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return new FolderStore(folder);
}

/** Two fruits of each split, three days each, at stage 5 on day 3. */
export const samples = splits.flatMap((split) => {
  const numbers = Array.from({ length: 100 }, (_, i) => String(i + 1));
  return numbers.filter((sample) => splitOfFruit(source, sample) === split).slice(0, 2);
});
export const names = samples.flatMap((sample) => [1, 2, 3].map((day) => `T20_d0${day}_${sample}_a`));

export function csvLine(
  name: string,
  changes: Partial<Record<"time" | "group" | "sample" | "day" | "stage", string>> = {},
) {
  const [group = "", day = "", sample = ""] = name.split("_");
  const number = Number(day.slice(1));
  const cells = {
    time: `2022-04-0${number} 12:00:00`,
    group,
    sample,
    day: `${number}`,
    stage: `${[1, 3, 5][number - 1]}`,
  };
  const { time, group: g, sample: s, day: d, stage } = { ...cells, ...changes };
  return [name, time, g, s, d, stage].join(",");
}

export const photograph = (colour: string) =>
  sharp({ create: { width: 32, height: 32, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();

/** The files of a small dataset; each photograph has a grey of its own. */
export async function rawDataset(): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const [i, name] of names.entries()) {
    files[`images/${name}.jpg`] = await photograph(`rgb(${i * 5},${i * 5},${i * 5})`);
  }
  files["dataset.json"] = Buffer.from(JSON.stringify({ source }));
  files["data.csv"] = Buffer.from([header, ...names.map((name) => csvLine(name)), ""].join("\n"));
  return files;
}

export async function writeFiles(store: FolderStore, prefix: string, files: Record<string, Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) await store.write(prefix + path, content);
}

export async function zipped(files: Record<string, Uint8Array>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), path, { compress: false });
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>));
}
