import {
  CloudWatchLogsClient,
  DeleteLogGroupCommand,
  paginateDescribeLogGroups,
} from "@aws-sdk/client-cloudwatch-logs";
import { DeleteBucketCommand, paginateListBuckets, S3Client } from "@aws-sdk/client-s3";
import { emptyBucket } from "./empty-bucket.ts";

/** What bears the name of a stage and belongs to no stack. */
export interface Leftovers {
  logGroups: string[];
  /** A bucket that `keepData` kept when it was taken out of its stack. */
  buckets: string[];
}

/** Finds what bears the stage's name, but for what is `known` to belong to a stack. */
export async function findLeftovers(stage: string, region: string, known: ReadonlySet<string>): Promise<Leftovers> {
  return {
    logGroups: (await listLogGroups(stage)).filter((name) => !known.has(name)),
    buckets: (await listBuckets(stage, region)).filter((name) => !known.has(name)),
  };
}

/** Deletes them, the buckets with all that is in them. */
export async function deleteLeftovers({ logGroups, buckets }: Leftovers): Promise<void> {
  const logs = new CloudWatchLogsClient();
  for (const logGroupName of logGroups) await logs.send(new DeleteLogGroupCommand({ logGroupName }));
  const s3 = new S3Client();
  for (const Bucket of buckets) {
    await emptyBucket(s3, Bucket);
    await s3.send(new DeleteBucketCommand({ Bucket }));
  }
}

/** Lambda and Step Functions may make log groups that no stack declares. */
async function listLogGroups(stage: string): Promise<string[]> {
  const client = new CloudWatchLogsClient();
  const found: string[] = [];
  for (const prefix of ["/avocado/", "/aws/lambda/avocado-", "/aws/vendedlogs/states/avocado-"]) {
    const logGroupNamePrefix = `${prefix}${stage}${prefix === "/avocado/" ? "/" : "-"}`;
    for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, { logGroupNamePrefix }))
      found.push(...logGroups.map(({ logGroupName = "" }) => logGroupName));
  }
  return found;
}

async function listBuckets(stage: string, region: string): Promise<string[]> {
  const names = new RegExp(`^avocado-${stage}-(access-logs|raw|data|artifacts)-\\d{12}-${region}$`);
  const found: string[] = [];
  for await (const { Buckets = [] } of paginateListBuckets({ client: new S3Client() }, {}))
    found.push(...Buckets.map(({ Name = "" }) => Name).filter((name) => names.test(name)));
  return found;
}
