import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, parse } from "node:path";
import pMap from "p-map";
import sharp from "sharp";
import type { StorageGroup } from "../../../../core/contracts/dataset.ts";
import { evaluationPlots } from "../../../../core/plots/plots.ts";
import { type Card, type ReportContent, reportPage } from "./page.ts";

/** A photograph of an evaluation: where it is, what is known of it, what the model said. */
export interface EvaluatedPhotograph {
  path: string;
  group: StorageGroup;
  stage: number;
  sample: string;
  days: number;
  predicted: number;
}

const worstShown = 15;

/**
 * Writes `index.html`, which stands alone, and the diagrams next to it as SVG.
 * @returns the path of the page
 */
export async function writeReport(
  folder: string,
  photographs: readonly EvaluatedPhotograph[],
  content: Omit<ReportContent, "plots" | "worst">,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const plots = evaluationPlots(photographs);
  for (const [name, svg] of Object.entries(plots)) await writeFile(join(folder, name), svg);
  const worst = await pMap(chooseWorst(photographs, worstShown), makeCard, { concurrency: 2 });
  const page = join(folder, "index.html");
  await writeFile(page, reportPage({ ...content, plots: Object.values(plots), worst }));
  return page;
}

/** The photographs with the largest errors, one of each fruit: a fruit that is odd would fill the sheet by itself. */
export function chooseWorst<P extends EvaluatedPhotograph>(photographs: readonly P[], count: number): P[] {
  const error = ({ days, predicted }: P) => Math.abs(predicted - days);
  const seen = new Set<string>();
  const sorted = photographs.toSorted((a, b) => error(b) - error(a));
  return sorted.filter(({ sample }) => seen.size < seen.add(sample).size).slice(0, count);
}

async function makeCard({ path, ...known }: EvaluatedPhotograph): Promise<Card> {
  const small = sharp(await readFile(path), { autoOrient: true }).resize(320, 320, { fit: "cover" });
  const jpeg = await small.jpeg({ quality: 78 }).toBuffer();
  return { ...known, name: parse(path).name, image: `data:image/jpeg;base64,${jpeg.toString("base64")}` };
}
