import { spawnSync } from "node:child_process";
import recommended from "aws-cdk-lib/recommended-feature-flags.json" with { type: "json" };
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/setup/paths.ts";
import { context } from "../support/stages.ts";

/** Flags that are not as the CDK recommends, and why. */
const otherwise: Record<string, string> = {
  "@aws-cdk/core:target-partitions": "the service runs in the commercial partition alone",
  "@aws-cdk/core:enablePartitionLiterals":
    "a stage with a region in its file and one without would have different policies, and tests for each",
  "@aws-cdk/core:defaultCrossStackReferences":
    "a strong reference keeps what another stack uses; what a setting may take away is weak by itself",
  "@aws-cdk/aws-ecs:disableExplicitDeploymentControllerForCircuitBreaker":
    "it replaces the MLflow service of a stage that is deployed, which CloudFormation rejects under a fixed name",
  "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup":
    "brings a custom resource whose Lambda may change every security group; nothing here uses the default group",
};

/** What is recommended, what `cdk.json` has, and what is neither set as recommended nor has a reason. */
function findUndecided(wanted: Record<string, unknown>, flags: Record<string, unknown>, reasons: object): string[] {
  return Object.keys(wanted).filter((flag) => !(flag in flags) || (flags[flag] !== wanted[flag] && !(flag in reasons)));
}

it("commands of the CDK report to nobody", () => {
  const env = { ...process.env, CDK_DISABLE_CLI_TELEMETRY: "" };
  const { stdout, stderr } = spawnSync("npx", ["cdk", "cli-telemetry", "--status"], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  // Where CI is set, the CDK writes to the standard output.
  expect(stdout + stderr).toMatch(/^CLI Telemetry is disabled/m);
});

describe("feature flags of the CDK", () => {
  it("are all set, as it recommends or for a reason: a new version of the CDK may bring one more", () => {
    expect(findUndecided(recommended, context, otherwise)).toEqual([]);
  });

  it("have a reason only where they differ", () => {
    const flags = recommended as Record<string, unknown>;
    expect(Object.keys(otherwise).filter((flag) => context[flag] === flags[flag])).toEqual([]);
  });

  it("that are new, or set otherwise without a reason, are found", () => {
    expect(findUndecided({ known: true, fresh: true, other: true }, { known: true, other: false }, {})).toEqual([
      "fresh",
      "other",
    ]);
  });
});
