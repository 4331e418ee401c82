import { beforeAll, describe, expect, it } from "vitest";
import { type AcceptedFinding, acceptedFindings } from "../../scripts/setup/accepted-findings.ts";
import type { Scan } from "../../scripts/setup/scan-templates.ts";
import { synthesiseVariant, variants } from "../support/deployed/variants.ts";
import { scan, templatesByName } from "../support/lint.ts";

const dead: AcceptedFinding = { check: "CKV_AWS_20", resource: /^AWS::S3::Bucket\./, reason: "No bucket is public" };

describe("checkov", () => {
  let found: Scan;
  beforeAll(async () => {
    const templates = variants.map((name) => templatesByName(name.replaceAll(/\W+/g, "-"), synthesiseVariant(name)));
    found = await scan(Object.assign({}, ...templates), [...acceptedFindings, dead]);
  });

  it("finds nothing in the templates that has not been accepted", () => {
    expect(found.findings).toEqual([]);
  });

  it("is told to accept nothing that it does not find", () => {
    expect(found.dead).toEqual([dead]);
  });

  it("finds a bucket that everybody may read, and does not take the reason for another resource", async () => {
    const Resources = { Photographs: { Type: "AWS::S3::Bucket", Properties: { AccessControl: "PublicRead" } } };
    const accepted = [{ ...dead, resource: /^AWS::S3::Bucket\.Other/ }];
    const { findings } = await scan({ open: { Resources } }, accepted);
    expect(findings).toContainEqual(expect.stringMatching(/AWS::S3::Bucket\.Photographs: CKV_AWS_20 /));
  });

  it("says which template it cannot read", async () => {
    await expect(scan({ wrong: { Resources: "none" } })).rejects.toThrow("checkov cannot read");
  });
});

it("every accepted finding has a reason that would convince a reviewer", () => {
  for (const { check, reason } of acceptedFindings) expect(reason.length, check).toBeGreaterThan(20);
});
