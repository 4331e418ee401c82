import { CloudFormationClient, paginateDescribeStacks, type Stack } from "@aws-sdk/client-cloudformation";
import { z } from "zod";
import { errorMessage, NotFoundError } from "../core/errors.ts";

/** Outputs of a stage's stacks that commands work with. */
export const stageOutputs = z.object({
  RawBucket: z.string(),
  DataBucket: z.string(),
  ArtifactBucket: z.string(),
  StateMachineArn: z.string(),
  ApiUrl: z.string(),
  TrackingUri: z.string(),
});

/** The same of stage `local`. */
export const localOutputs = stageOutputs
  .omit({ ApiUrl: true, TrackingUri: true })
  .extend({ ApiId: z.string(), TrainingQueueUrl: z.string(), KaggleSecret: z.string() });
export type LocalOutputs = z.infer<typeof localOutputs>;

/** Outputs of one stack, by name. */
export function outputsOf({ Outputs = [] }: Stack): Record<string, string> {
  return Object.fromEntries(Outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}

/** All outputs of a stage's stacks, by name. */
export async function readOutputs(client: CloudFormationClient, stage: string): Promise<Record<string, string>> {
  const outputs: Record<string, string> = {};
  for await (const page of paginateDescribeStacks({ client }, {})) {
    for (const stack of page.Stacks ?? []) {
      if (!stack.StackName?.startsWith(`avocado-${stage}-`)) continue;
      Object.assign(outputs, outputsOf(stack));
    }
  }
  return outputs;
}

/**
 * Region and outputs of a stage in the account that the environment is signed in to.
 * @throws NotFoundError saying what to set, or where to look, when they cannot be read
 */
export async function findOutputs(stage: string): Promise<{ region: string; outputs: Record<string, string> }> {
  const client = new CloudFormationClient();
  const region = await client.config.region().catch(() => {
    throw new NotFoundError("No AWS region is set. Set AWS_REGION, or choose a profile with AWS_PROFILE.");
  });
  const outputs = await readOutputs(client, stage).catch((cause: unknown) => {
    const next = `'npm run doctor -- --stage ${stage}' says more.`;
    throw new NotFoundError(`The stacks of stage '${stage}' cannot be read: ${errorMessage(cause)}. ${next}`, {
      cause,
    });
  });
  return { region, outputs };
}
