import {
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { NamedError } from "../../../core/errors.ts";

/**
 * Deletes all objects of a bucket with all their versions, after it has closed the bucket for writing. S3 delivers access
 * logs hours late, and only as the bucket's policy allows: a log bucket that is merely emptied fills again.
 * See https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#LogDeliveryBestEffort.
 * @returns how many versions were deleted; none where the bucket does not exist
 * @throws NamedError `BucketNotEmptied`
 */
export async function emptyBucket(client: S3Client, Bucket: string): Promise<number> {
  try {
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy: denyWriting(Bucket) }));
    return await deleteVersions(client, Bucket);
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchBucket") return 0;
    throw error;
  }
}

function denyWriting(bucket: string): string {
  const Resource = `arn:aws:s3:::${bucket}/*`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid: "Closed", Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource }],
  });
}

async function deleteVersions(client: S3Client, Bucket: string): Promise<number> {
  for (let deleted = 0; ; ) {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return deleted;
    const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    const [first] = Errors;
    if (first) throw new NamedError("BucketNotEmptied", `s3://${Bucket}/${first.Key} stays: ${first.Message}`);
    deleted += Objects.length;
  }
}
