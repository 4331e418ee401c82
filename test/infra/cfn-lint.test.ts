import { expect, it } from "vitest";
import { lint } from "../support/lint.ts";
import { stages, synthesise } from "../support/stages.ts";

it.each(stages)("cfn-lint finds nothing in the templates of stage %s", async (stage) => {
  const { stacks, template } = synthesise(stage);
  const templates = stacks.map(({ node }) => [`${stage}-${node.id}`, template(node.id).toJSON()]);
  expect(await lint(Object.fromEntries(templates))).toBe("");
});

it("cfn-lint finds a property that does not exist", async () => {
  const Resources = { Topic: { Type: "AWS::SNS::Topic", Properties: { Nmae: "x" } } };
  expect(await lint({ wrong: { Resources } })).toContain("Nmae");
});
