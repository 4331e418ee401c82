import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../../aws/s3-store.ts";
import { errorMessage, InvalidInputError, NotFoundError } from "../../../core/errors.ts";
import { useLocalAws } from "../../../local/ministack.ts";
import { findEmulatedAws } from "../../../local/state.ts";

/**
 * A bucket of a stage by its output of the data stack, which may be all that is deployed yet; of stage `local` that of the
 * stack that runs.
 * @throws NotFoundError, InvalidInputError saying what to start, deploy or sign in to
 */
export async function openBucket(stage: string, output: "RawBucket" | "DataBucket"): Promise<S3Store> {
  if (stage === "local") useLocalAws(findEmulatedAws());
  const bucket = await findBucket(stage, output);
  return new S3Store(new S3Client({ forcePathStyle: stage === "local" }), bucket);
}

async function findBucket(stage: string, output: string): Promise<string> {
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
  const bucket = found.Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === output)?.OutputValue;
  if (bucket) return bucket;
  throw new NotFoundError(`Stack ${StackName} has no output ${output}: deploy stage '${stage}' again.`);
}
