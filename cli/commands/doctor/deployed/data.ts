import { randomUUID } from "node:crypto";
import { DescribeDBClustersCommand, type RDSClient } from "@aws-sdk/client-rds";
import type { RDSDataClient } from "@aws-sdk/client-rds-data";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { DataApi } from "../../../../aws/data-api.ts";
import { probePrefix } from "../../../../core/contracts/probe.ts";
import { errorMessage } from "../../../../core/errors.ts";
import { ask, findDenied, isAbsent } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** Writes a small object into a bucket, reads it and deletes it again. */
export function checkBucket(client: S3Client, bucket: string): Promise<Finding> {
  return ask("bucket", "s3:PutObject, s3:GetObject and s3:DeleteObject", async () => {
    const object = { Bucket: bucket, Key: `${probePrefix}${randomUUID()}` };
    const written = await client.send(new PutObjectCommand({ ...object, Body: object.Key })).catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
    if (!written) return { state: "missing", found: `${bucket} does not exist`, advice: "Deploy again." };
    const { VersionId } = written;
    try {
      const { Body } = await client.send(new GetObjectCommand(object));
      if ((await Body?.transformToString()) === object.Key) return { state: "ok", found: bucket };
      return { state: "missing", found: `${bucket} gives back something else than what was written` };
    } finally {
      // Of a bucket with versions the version itself: else it would be kept for a year.
      await client.send(new DeleteObjectCommand({ ...object, ...(VersionId && { VersionId }) }));
    }
  });
}

/** Runs `SELECT 1` through the Data API. A paused database is waited for. */
export function checkDatabase(rds: RDSClient, data: RDSDataClient, cluster: string): Promise<Finding> {
  return ask("database", "rds:DescribeDBClusters", async () => {
    const found = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: cluster }));
    const { DBClusterArn = "", MasterUserSecret, Status, HttpEndpointEnabled } = found.DBClusters?.[0] ?? {};
    if (HttpEndpointEnabled === false) {
      const advice = `aws rds enable-http-endpoint --resource-arn ${DBClusterArn}`;
      return { state: "missing", found: `${cluster}: the Data API is switched off`, advice };
    }
    const options = { clusterArn: DBClusterArn, secretArn: MasterUserSecret?.SecretArn ?? "", database: "postgres" };
    try {
      await new DataApi(data, options).run("SELECT 1");
      return { state: "ok", found: `${cluster} answers SELECT 1 through the Data API` };
    } catch (error) {
      if (findDenied(error, "rds-data:ExecuteStatement")) throw error;
      const advice = `aws rds describe-events --source-type db-cluster --source-identifier ${cluster} --duration 120`;
      return { state: "missing", found: `${cluster} (${Status}) does not answer: ${errorMessage(error)}`, advice };
    }
  });
}
