import { describe, expect, it } from "vitest";
import { findBadNames, findSharedNames } from "../../support/checks/names.ts";
import { findOversizes } from "../../support/checks/sizes.ts";
import { account } from "../../support/deployed/account.ts";
import { deployStage } from "../../support/deployed/stage.ts";
import { deployedVariant, variants, variantTemplates } from "../../support/deployed/variants.ts";

/** Templates of `dev` for a stage with another name. */
const renamed = (name: string) =>
  JSON.parse(
    JSON.stringify(variantTemplates("dev"))
      .replaceAll("avocado-dev", `avocado-${name}`)
      .replaceAll("avocado/dev/", `avocado/${name}/`),
  );

it.each(variants)("names in %s are such as AWS takes, and nothing is too large", (variant) => {
  expect([...findBadNames(deployedVariant(variant)), ...findOversizes(deployedVariant(variant))]).toEqual([]);
});

it("the longest name of a stage fits in the region with the longest name", () => {
  expect(findBadNames(deployStage(renamed("abcdefghijkl"), { ...account, region: "ap-southeast-1" }))).toEqual([]);
});

it("dev and prod fit side by side in one account and region", () => {
  expect(findSharedNames(deployedVariant("dev"), deployedVariant("prod"))).toEqual([]);
});

it("a stage in two regions shares nothing but its dashboard, which is one to an account", () => {
  const elsewhere = deployStage(variantTemplates("dev"), { ...account, region: "eu-west-1" });
  expect(findSharedNames(deployedVariant("dev"), elsewhere)).toEqual(["AWS::CloudWatch::Dashboard avocado-dev"]);
});

describe("planted faults", () => {
  it("a name that is too long, and one with a wrong character, are found", () => {
    const found = findBadNames(deployStage(renamed("a-stage-with-a-name-that-is-far_too-long-for-a-bucket")));
    expect(found).toContainEqual(expect.stringMatching(/^AWS::S3::Bucket \S+ has \d+ characters, of 63/));
    expect(findBadNames(deployStage(renamed("a_b")))).toContainEqual(
      expect.stringMatching(/^AWS::S3::Bucket \S+ has characters that it may not have/),
    );
  });

  it("a name that AWS reserves, and one that it would take for another, are found", () => {
    const Resources = {
      Group: { Type: "AWS::RDS::DBSubnetGroup", Properties: { DBSubnetGroupName: "default" } },
      Secret: { Type: "AWS::SecretsManager::Secret", Properties: { Name: "avocado/key-A.b-c." } },
    };
    expect(findBadNames(deployStage([{ id: "one", name: "avocado-test-one", template: { Resources } }]))).toEqual([
      "AWS::RDS::DBSubnetGroup default has characters that it may not have",
      "AWS::SecretsManager::Secret avocado/key-A.b-c. has characters that it may not have",
    ]);
  });

  it("a name that two stages share is found", () => {
    expect(findSharedNames(deployedVariant("dev"), deployStage(variantTemplates("dev")))).toContain(
      "AWS::Lambda::Function avocado-dev-predict",
    );
  });

  it("a name of a kind that is not known, and an environment that is too large, are found", () => {
    const templates = variantTemplates("dev");
    const lambda = Object.values(templates[2]?.template.Resources ?? {}).find(
      ({ Type }) => Type === "AWS::Lambda::Function",
    );
    const large = { ...lambda?.Properties, Environment: { Variables: { LARGE: "x".repeat(5000) } }, OtherName: "x" };
    if (lambda) lambda.Properties = large;
    const stage = deployStage(templates);
    expect(findBadNames(stage)).toEqual(["nothing is known of OtherName of AWS::Lambda::Function"]);
    expect(findOversizes(stage)).toEqual([expect.stringMatching(/^environment of \w+ is \d+, of 4096$/)]);
  });
});
