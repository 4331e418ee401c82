import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { synthesiseConfig } from "../support/stages.ts";

describe("a stage that may read raw data elsewhere", () => {
  const config = { ...readConfig("local", {}), rawDataSecret: "avocado/raw" };
  const template = synthesiseConfig(config).template("pipeline");

  it("names the secret to fetch-data alone", () => {
    const named = Object.values(template.findResources("AWS::Lambda::Function"))
      .filter(({ Properties }) => Properties.Environment.Variables.RAW_DATA_SECRET === "avocado/raw")
      .map(({ Properties }) => Properties.FunctionName);
    expect(named).toEqual(["avocado-local-fetch-data"]);
  });

  it("lets it read that secret, and nobody else", () => {
    const found = Object.entries(template.findResources("AWS::IAM::Policy")).flatMap(([id, { Properties }]) =>
      (Properties.PolicyDocument.Statement as { Action: unknown; Resource: unknown }[])
        .filter(({ Resource }) => JSON.stringify(Resource).includes("avocado/raw"))
        .map(({ Action, Resource }) => [id, Action, JSON.stringify(Resource)]),
    );
    expect(found).toEqual([
      [
        expect.stringMatching(/^StepsFetchData/),
        "secretsmanager:GetSecretValue",
        expect.stringMatching(/:secret:avocado\/raw-\?{6}"/),
      ],
    ]);
  });
});
