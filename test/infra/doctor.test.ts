import { expect, it } from "vitest";
import { shardsAtOnce } from "../../cli/commands/doctor/account/lambda-limits.ts";
import { bucketNames } from "../../cli/commands/doctor/account/leftovers.ts";
import { databaseEngine } from "../../cli/commands/doctor/account/region.ts";
import { definition } from "../support/definition.ts";
import { type Resource, synthesise } from "../support/stages.ts";

const { resources } = synthesise("prod");

it("asks a region for the database that is created", () => {
  const [[, cluster]] = resources("AWS::RDS::DBCluster") as [[string, Resource]];
  const [[, instance]] = resources("AWS::RDS::DBInstance") as [[string, Resource]];
  const { Engine, EngineVersion } = cluster.Properties;
  expect({ Engine, EngineVersion, DBInstanceClass: instance.Properties.DBInstanceClass }).toEqual(databaseEngine);
});

it("counts the shards that the state machine prepares at once", () => {
  expect(definition.States["Preprocess shards"]?.MaxConcurrency).toBe(shardsAtOnce);
});

it("looks for the buckets that are created", () => {
  const names = resources("AWS::S3::Bucket").map(
    ([, { Properties }]) => JSON.stringify(Properties.BucketName).match(/avocado-prod-[a-z-]+-/)?.[0],
  );
  const asked = bucketNames("prod", "", "").map((name) => name.replace(/--$/, "-"));
  expect(names.sort()).toEqual(asked.sort());
});
