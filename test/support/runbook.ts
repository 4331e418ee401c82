import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/setup/paths.ts";

/** The commands of a document, as people type them, with `stage` for the stage. */
export function commandsOf(document: string, stage: string): string[] {
  const text = readFileSync(join(root, "docs", document), "utf8");
  const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block = ""]) => block.replaceAll("\\\n", " "));
  const lines = blocks.flatMap((block) => block.split("\n"));
  return lines.map((line) => line.replace(/ +#.*/, "").replaceAll("<s>", stage).trim()).filter(Boolean);
}

/** The one command of the runbook that begins so. @throws Error when there is none */
export function runbookCommand(beginning: string, stage: string): string {
  const found = commandsOf("runbook.md", stage).find((command) => command.startsWith(beginning));
  if (!found) throw new Error(`docs/runbook.md has no command '${beginning}'`);
  return found;
}
