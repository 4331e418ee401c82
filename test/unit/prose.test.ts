import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLinter, loadTextlintrc } from "textlint";
import { expect, it } from "vitest";
import { root } from "../../scripts/setup/paths.ts";

/** What `npm run prose` says about a file of this content. */
async function proseMessages(configuration: string, name: string, content: string): Promise<string[]> {
  const file = join(mkdtempSync(join(tmpdir(), "prose-")), name);
  writeFileSync(file, content);
  const descriptor = await loadTextlintrc({ configFilePath: join(root, ".config", configuration) });
  const [result] = await createLinter({ descriptor }).lintFiles([file]);
  return (result?.messages ?? []).map(({ line, message }) => `${line}: ${message.replaceAll("\n", " ")}`);
}

it("finds a planted sentence in a document, also across lines, and not in code", async () => {
  const text = "# Page\n\nPublish the champion\nof now. The file `nobody.txt` is fine.\n\n```sh\necho beside\n```\n";
  expect(await proseMessages("textlint.json", "page.md", `${text}\nIt is no URL.\n`)).toEqual([
    "3: the champion of now => the current champion",
    "10: is no => is not a",
  ]);
});

it("finds a planted term in the code's comments and texts", async () => {
  const [first, second] = [["data", "set"].join(" "), ["ref", "usal"].join("")]; // in pieces: this file is checked, too
  const code = `/** Two ${first}s. */\nexport const text = "a ${second}";\n`;
  expect(await proseMessages("textlint-code.json", "planted.ts", code)).toEqual([
    `1: ${first} => dataset`,
    `2: ${second} => rejection`,
  ]);
});
