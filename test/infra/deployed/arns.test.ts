import { describe, expect, it } from "vitest";
import { findMissingArns } from "../../support/checks/arns.ts";
import { deployStage } from "../../support/deployed/stage.ts";
import { deployedVariant, variants, variantTemplates } from "../../support/deployed/variants.ts";

it.each(variants)("every ARN in the templates of %s names something", (variant) => {
  expect(findMissingArns(deployedVariant(variant))).toEqual([]);
});

describe("planted faults", () => {
  /** What is found when every occurrence of a text in the templates of `dev` is another. */
  const plant = (text: string, other: string) => {
    const changed = JSON.parse(JSON.stringify(variantTemplates("dev")).replaceAll(text, other));
    return findMissingArns(deployStage(changed));
  };

  it.each([
    ["a bucket", ":s3:::avocado-dev-raw-", ":s3:::avocado-dev-rwa-"],
    ["a state machine", ":stateMachine:avocado-dev-retraining", ":stateMachine:avocado-dev-training"],
    ["a distributed map", ":execution:avocado-dev-retraining/shards:", ":execution:avocado-dev-retraining/chunks:"],
    ["a route", "/$default/POST/reload-model", "/$default/POST/reload"],
    ["a service", ":service/avocado-dev/mlflow", ":service/avocado-dev/registry"],
  ])("a policy that names %s that is not there is found", (_, text, other) => {
    expect(plant(text, other)).toContainEqual(expect.stringContaining("there is no such thing"));
  });
});
