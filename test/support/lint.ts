import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AcceptedFinding } from "../../scripts/setup/accepted-findings.ts";
import { findPythonBin } from "../../scripts/setup/find-python.ts";
import { lintTemplates } from "../../scripts/setup/lint-templates.ts";
import { checkovVenv } from "../../scripts/setup/paths.ts";
import { type Scan, scanTemplates } from "../../scripts/setup/scan-templates.ts";
import type { SynthesisedStage } from "./stages.ts";

type Templates = Record<string, object>;

/** What cfn-lint has to say about templates, given by name; nothing when all is well. */
export function lint(templates: Templates, ignored?: readonly string[]): Promise<string> {
  return withFiles(templates, (files) => lintTemplates(findPythonBin("cfn-lint"), files, ignored));
}

/** What checkov has to say about templates, given by name. */
export function scan(templates: Templates, accepted?: readonly AcceptedFinding[]): Promise<Scan> {
  return withFiles(templates, (files) => scanTemplates(findPythonBin("checkov", checkovVenv), files, accepted));
}

/** The templates of a stage, by names that say which. */
export function templatesByName(name: string, { stacks, template }: SynthesisedStage): Templates {
  return Object.fromEntries(stacks.map(({ node }) => [`${name}-${node.id}`, template(node.id).toJSON()]));
}

async function withFiles<T>(templates: Templates, use: (files: string[]) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "templates-"));
  try {
    const files = Object.entries(templates).map(([name, template]) => {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(template));
      return file;
    });
    return await use(files);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
