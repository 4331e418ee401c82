import { App, Stack, Validations } from "aws-cdk-lib";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { describe, expect, it } from "vitest";
import { acknowledge } from "../../lib/constructs/acknowledge.ts";
import { RememberingChecks } from "../support/checks/acknowledgements.ts";
import { synthesiseVariant, variants } from "../support/deployed/variants.ts";
import { synthesise } from "../support/stages.ts";

it.each(variants)("nothing is acknowledged in %s that the security rules do not find", (variant) => {
  expect(synthesiseVariant(variant).deadAcknowledgements).toEqual([]);
});

it("nor in the stage on a laptop", () => {
  expect(synthesise("local").deadAcknowledgements).toEqual([]);
});

describe("planted faults", () => {
  const app = new App();
  const checks = new RememberingChecks(app);
  Validations.of(app).addPlugins(checks);
  const stack = new Stack(app, "stack");
  const bucket = new Bucket(stack, "Open");
  acknowledge(stack, "AwsSolutions-S1", "The bucket in this stack has no access logs");
  acknowledge(bucket, "AwsSolutions-RDS11", "A bucket has no port that could be another");

  it("a finding that nobody acknowledged stops the synthesis, and an acknowledgement of nothing is found", () => {
    expect(() => app.synth()).toThrow("AwsSolutions-S10");
    expect(checks.findDead(app)).toEqual(["stack/Open: AwsSolutions-RDS11"]);
  });

  it("one of a finding below it is alive", () => {
    expect(checks.findDead(app).join()).not.toContain("AwsSolutions-S1");
  });
});
