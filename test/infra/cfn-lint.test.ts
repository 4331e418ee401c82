import { expect, it } from "vitest";
import { ignoredChecks } from "../../scripts/setup/lint-templates.ts";
import { lint, templatesByName } from "../support/lint.ts";
import { stages, synthesise } from "../support/stages.ts";

it.each(stages)("cfn-lint finds nothing in the templates of stage %s", async (stage) => {
  expect(await lint(templatesByName(stage, synthesise(stage)))).toBe("");
});

it("cfn-lint finds a property that does not exist", async () => {
  const Resources = { Topic: { Type: "AWS::SNS::Topic", Properties: { Nmae: "x" } } };
  expect(await lint({ wrong: { Resources } })).toContain("Nmae");
});

/** Checks that find nothing although they are not ignored. */
function findDead(checks: readonly string[], said: string): string[] {
  return checks.filter((check) => !said.includes(`${check} `));
}

it("a check of cfn-lint is ignored only where it finds something", async () => {
  const said = await lint(templatesByName("prod", synthesise("prod")), []);
  expect(findDead(ignoredChecks, said)).toEqual([]);
  expect(findDead([...ignoredChecks, "W2001"], said)).toEqual(["W2001"]);
});
