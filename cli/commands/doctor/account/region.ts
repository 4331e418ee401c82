import { DescribeRegionsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { DescribeOrderableDBInstanceOptionsCommand, type RDSClient } from "@aws-sdk/client-rds";
import { ask } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** The database that the data stack creates. A test compares it with the template. */
export const databaseEngine = { Engine: "aurora-postgresql", EngineVersion: "17.7", DBInstanceClass: "db.serverless" };

/** Is the region enabled in this account? Newer regions are not, until the account opts in. */
export function checkRegion(client: EC2Client, region: string): Promise<Finding> {
  return ask("region", "ec2:DescribeRegions", async () => {
    const { Regions = [] } = await client.send(new DescribeRegionsCommand({ AllRegions: true }));
    const status = Regions.find(({ RegionName }) => RegionName === region)?.OptInStatus;
    if (status === "opt-in-not-required" || status === "opted-in") return { state: "ok", found: region };
    if (!status) return { state: "missing", found: `${region} does not exist`, advice: "Correct AWS_REGION." };
    const advice = `aws account enable-region --region-name ${region}\nIt takes some minutes to hours.`;
    return { state: "missing", found: `${region} is not enabled in this account`, advice };
  });
}

/** Does the region have the database engine in the version that the data stack creates? */
export function checkDatabaseEngine(client: RDSClient): Promise<Finding> {
  const { Engine, EngineVersion } = databaseEngine;
  return ask("database engine", "rds:DescribeOrderableDBInstanceOptions", async () => {
    const command = new DescribeOrderableDBInstanceOptionsCommand({ ...databaseEngine, MaxRecords: 20 });
    const { OrderableDBInstanceOptions: options = [] } = await client.send(command);
    const name = `${Engine} ${EngineVersion}, serverless`;
    if (options.length > 0) return { state: "ok", found: name };
    const advice =
      "Choose a region that has it: aws rds describe-orderable-db-instance-options --engine aurora-postgresql";
    return { state: "missing", found: `this region does not have ${name}`, advice };
  });
}
