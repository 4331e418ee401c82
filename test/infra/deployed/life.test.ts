import { describe, expect, it } from "vitest";
import { findUnpermittedCalls } from "../../support/checks/callers.ts";
import { findMissingDependencies } from "../../support/checks/order.ts";
import { findHeldByKept, findKeptAtRollback, retentionOf } from "../../support/checks/retention.ts";
import { deployStage } from "../../support/deployed/stage.ts";
import type { StackTemplate, TemplateResource } from "../../support/deployed/template.ts";
import { deployedVariant, variants, variantTemplates } from "../../support/deployed/variants.ts";

describe.each(variants)("in %s", (variant) => {
  it("everything is created after, and deleted before, what it needs", () => {
    expect(variantTemplates(variant).flatMap(findMissingDependencies)).toEqual([]);
  });

  it("every function lets in what calls it", () => {
    expect(findUnpermittedCalls(deployedVariant(variant))).toEqual([]);
  });

  it("nothing stays when a creation is rolled back", () => {
    expect(findKeptAtRollback(deployedVariant(variant))).toEqual([]);
  });

  it("nothing that is kept holds what is deleted", () => {
    expect(variantTemplates(variant).flatMap(findHeldByKept)).toEqual([]);
  });
});

it.each([
  [
    "dev",
    {
      "AWS::Logs::LogGroup": "Delete / Delete",
      "AWS::RDS::DBCluster": "Delete / Delete",
      "AWS::RDS::DBInstance": "Delete / Delete",
      "AWS::S3::Bucket": "Delete / Delete",
      "AWS::SecretsManager::Secret": "Delete / Delete",
    },
  ],
  [
    "prod",
    {
      "AWS::Logs::LogGroup": "Delete / Delete",
      "AWS::RDS::DBCluster": "RetainExceptOnCreate / Retain",
      "AWS::RDS::DBInstance": "RetainExceptOnCreate / Retain",
      "AWS::S3::Bucket": "RetainExceptOnCreate / Retain",
      "AWS::SQS::Queue": "Delete / Delete",
      "AWS::SecretsManager::Secret": "RetainExceptOnCreate / Retain",
    },
  ],
])("what holds data in %s is deleted or kept as written here", (stage, expected) => {
  expect(retentionOf(deployedVariant(stage))).toEqual(expected);
});

describe("planted faults", () => {
  /** Templates of `dev` in which one resource of a type is changed. */
  const plant = (type: string, change: (resource: TemplateResource) => void): StackTemplate[] => {
    const templates = variantTemplates("dev");
    const resources = templates.flatMap(({ template }) => Object.values(template.Resources));
    for (const resource of resources.filter(({ Type }) => Type === type)) change(resource);
    return templates;
  };

  it("dependencies that are taken away are found, of each kind", () => {
    const templates = variantTemplates("dev");
    for (const resource of templates.flatMap(({ template }) => Object.values(template.Resources))) {
      delete resource.DependsOn;
    }
    const found = templates.flatMap(findMissingDependencies);
    for (const problem of [
      "a cluster without an instance answers no statement",
      "CloudWatch Logs sends a test message",
      "the circuit breaker ends the deployment",
      "the service tries at creation",
      "a route leads to a gateway",
    ])
      expect(found).toContainEqual(expect.stringContaining(problem));
  });

  it("a permission that lets somebody else in is found", () => {
    const templates = plant("AWS::Lambda::Permission", ({ Properties = {} }) => {
      Properties.Principal = "s3.amazonaws.com";
    });
    expect(findUnpermittedCalls(deployStage(templates))).not.toEqual([]);
  });

  it("a bucket that stays when its creation is rolled back is found, and a subnet that a kept cluster holds", () => {
    const buckets = plant("AWS::S3::Bucket", (bucket) => {
      bucket.DeletionPolicy = "Retain";
    });
    expect(findKeptAtRollback(deployStage(buckets))).toHaveLength(3);
    const groups = plant("AWS::RDS::DBSubnetGroup", (group) => {
      group.DeletionPolicy = "Retain";
    });
    expect(groups.flatMap(findHeldByKept)).toContainEqual(expect.stringContaining("Subnet"));
  });
});
