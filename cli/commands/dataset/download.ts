import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { cacheFolder } from "../../../scripts/setup/paths.ts";
import { downloadFile } from "../../download/download-file.ts";
import { bar, type Progress } from "../../terminal/progress.ts";
import { attribution, published } from "./published.ts";
import { listPublishedFiles, type PublishedFile } from "./published-dataset.ts";
import { unpackDataset } from "./unpack-dataset.ts";

export interface DownloadCommand {
  out: string;
  /** Address of the data repository's server. */
  repository: string;
  /** Files on this machine, instead of a download. */
  zip?: string | undefined;
  spreadsheet?: string | undefined;
}

/** Fetches the published dataset (or takes the zip that is given) and lays it out as a folder. */
export async function downloadCommand(options: DownloadCommand, progress: Progress): Promise<void> {
  const out = resolve(options.out);
  if (existsSync(join(out, "dataset.json"))) {
    progress.line(`${out} has a dataset already. Remove the folder to make it anew.`);
    return;
  }
  const { zip, spreadsheet } = options.zip ? { ...options, zip: options.zip } : await fetchFiles(options, progress);
  const { rows, photographs, problems } = await unpackDataset({
    zip,
    spreadsheet,
    out,
    onProgress: (done) => progress.now(`Unpacking: ${done} photographs`),
  });
  progress.now("");
  progress.line(`${photographs} photographs and ${rows} rows in ${out}`);
  for (const [reason, count] of Object.entries(problems)) progress.line(`  ${reason}: ${count}`);
  progress.line(
    `\nUse of these photographs asks for this attribution, which is also in ATTRIBUTION.md and dataset.json:\n  ${attribution}`,
  );
}

async function fetchFiles({ repository }: DownloadCommand, progress: Progress) {
  const folder = join(cacheFolder, "published", published.doi.replace(/^.*\//, ""));
  const paths: string[] = [];
  for (const file of await listPublishedFiles(repository)) paths.push(await fetchFile(file, folder, progress));
  progress.line(`The files as published are kept in ${folder}`);
  const find = (pattern: RegExp) => paths.find((path) => pattern.test(path));
  return { zip: find(/\.zip$/i) as string, spreadsheet: find(/\.(xlsx|csv)$/i) };
}

async function fetchFile({ name, url, size, sha256 }: PublishedFile, folder: string, progress: Progress) {
  const path = join(folder, name);
  progress.line(`${name}: ${(size / 1e6).toFixed(1)} MB`);
  await downloadFile({
    url,
    path,
    size,
    sha256,
    onProgress: (done) => progress.now(`  ${bar(done, size)}  ${(done / 1e6).toFixed(1)} MB`),
    onRetry: (sentence) => progress.line(`  ${sentence}`),
  });
  progress.line(`  whole: size and SHA-256 are as the repository states them`);
  return path;
}
