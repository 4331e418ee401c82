import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPythonBin } from "../../scripts/local/python.ts";
import { lintTemplates } from "../../scripts/setup/lint-templates.ts";

/** What cfn-lint has to say about templates, given by name; nothing when all is well. */
export async function lint(templates: Record<string, object>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "templates-"));
  try {
    const files = Object.entries(templates).map(([name, template]) => {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(template));
      return file;
    });
    return await lintTemplates(findPythonBin("cfn-lint"), files);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
