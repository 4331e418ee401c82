import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../aws/s3-store.ts";
import { errorMessage, InvalidInputError, NotFoundError } from "../../core/errors.ts";
import { localAws } from "../local/ministack.ts";
import type { Progress } from "../local/progress.ts";
import { uploadData } from "../local/upload.ts";
import { localFolder } from "../setup/paths.ts";

/** Puts a data set into the raw bucket of a stage, unless this very one is there. */
export async function uploadCommand(
  { stage, data }: { stage: string; data: string },
  progress: Progress,
): Promise<void> {
  if (stage === "local") Object.assign(process.env, localAws(findLocalEndpoint()));
  const bucket = await findRawBucket(stage);
  progress.now(`Uploading to s3://${bucket}`);
  const key = await uploadData(data, new S3Store(new S3Client({ forcePathStyle: stage === "local" }), bucket));
  progress.now("");
  progress.line(`The data set is s3://${bucket}/${key}`);
  progress.line(`An execution takes the newest data set; to name this one: { "data": "${key}" }`);
}

/** Address of the AWS that a running `npm start` emulates. @throws NotFoundError when none runs */
function findLocalEndpoint(): string {
  const folder = process.env.AVOCADO_STATE_FOLDER ?? join(localFolder, "state");
  const ports = join(folder, "ports.json");
  if (!existsSync(join(folder, "lock")) || !existsSync(ports)) {
    throw new NotFoundError("No local stack is running: start one with 'npm start', and upload while it runs.");
  }
  return `http://127.0.0.1:${JSON.parse(readFileSync(ports, "utf8")).aws}`;
}

/** Name of the raw bucket, from the outputs of the stage's data stack. */
async function findRawBucket(stage: string): Promise<string> {
  const StackName = `avocado-${stage}-data`;
  const found = await new CloudFormationClient()
    .send(new DescribeStacksCommand({ StackName }))
    .catch((cause: unknown) => {
      const problem = errorMessage(cause);
      throw /does not exist/.test(problem)
        ? new NotFoundError(`There is no stack ${StackName} in this account and region: deploy stage '${stage}' first.`)
        : new InvalidInputError(
            `AWS cannot be asked for stack ${StackName}: ${problem}. Are the credentials and the region set?`,
            { cause },
          );
    });
  const bucket = found.Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === "RawBucket")?.OutputValue;
  if (bucket) return bucket;
  throw new NotFoundError(`Stack ${StackName} has no output RawBucket: deploy stage '${stage}' again.`);
}
