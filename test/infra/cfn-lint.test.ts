import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findPythonBin } from "../../scripts/local/python.ts";
import { lintTemplates } from "../../scripts/setup/lint-templates.ts";
import { stages, synthesise } from "../support/stages.ts";

const folder = mkdtempSync(join(tmpdir(), "templates-"));
afterAll(() => rmSync(folder, { recursive: true }));

const lint = (templates: Record<string, object>) => {
  const files = Object.entries(templates).map(([name, template]) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(template));
    return file;
  });
  return lintTemplates(findPythonBin("cfn-lint"), files);
};

it.each(stages)("cfn-lint finds nothing in the templates of stage %s", async (stage) => {
  const { stacks, template } = synthesise(stage);
  const templates = stacks.map(({ node }) => [`${stage}-${node.id}`, template(node.id).toJSON()]);
  expect(await lint(Object.fromEntries(templates))).toBe("");
});

it("cfn-lint finds a property that does not exist", async () => {
  const Resources = { Topic: { Type: "AWS::SNS::Topic", Properties: { Nmae: "x" } } };
  expect(await lint({ wrong: { Resources } })).toContain("Nmae");
});
