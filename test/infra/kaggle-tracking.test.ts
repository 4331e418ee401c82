import { describe, expect, it } from "vitest";
import { parseConfig } from "../../lib/config.ts";
import { synthesiseConfig } from "../support/stages.ts";

const uri = "https://mlflow.example.com";
const stage = (tracking: object) => parseConfig({ stage: "mine", kaggle: { tracking } }, "config/mine.json");

describe("a stage whose kernels report to an MLflow", () => {
  it("tells push-kernel alone where that is", () => {
    const template = synthesiseConfig(stage({ uri })).template("pipeline");
    const told = Object.values(template.findResources("AWS::Lambda::Function"))
      .filter(({ Properties }) => JSON.stringify(Properties.Environment.Variables).includes(uri))
      .map(({ Properties }) => Properties.FunctionName);
    expect(told).toEqual(["avocado-mine-push-kernel"]);
  });

  it("takes no password in its configuration, which would be in its template", () => {
    expect(() => stage({ uri, password: "p" })).toThrow(/"password"/);
  });
});
