import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { composeStacks } from "../../lib/compose.ts";
import { readConfig } from "../../lib/config.ts";

describe("a stage that may read raw data elsewhere", () => {
  const config = { ...readConfig("local", {}), rawDataSecret: "avocado/raw" };
  const [, , pipeline] = composeStacks(new App({ builtinCloudFormationValidation: false }), config);
  const template = Template.fromStack(pipeline);

  it("names the secret to fetch-data alone", () => {
    const named = Object.values(template.findResources("AWS::Lambda::Function"))
      .filter(({ Properties }) => Properties.Environment.Variables.RAW_DATA_SECRET === "avocado/raw")
      .map(({ Properties }) => Properties.FunctionName);
    expect(named).toEqual(["avocado-local-fetch-data"]);
  });

  it("lets it read that secret and no other", () => {
    const found = Object.values(template.findResources("AWS::IAM::Policy")).flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.filter(({ Action }: { Action: string }) => /^secretsmanager:/.test(Action)),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ Effect: "Allow", Action: "secretsmanager:GetSecretValue" });
    expect(JSON.stringify(found[0].Resource)).toMatch(/:secretsmanager:.*:secret:avocado\/raw-\?{6}"/);
  });
});
