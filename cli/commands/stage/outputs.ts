import { type CloudFormationClient, paginateDescribeStacks } from "@aws-sdk/client-cloudformation";
import { z } from "zod";

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

/** All outputs of a stage's stacks, by name. */
export async function readOutputs(client: CloudFormationClient, stage: string): Promise<Record<string, string>> {
  const outputs: Record<string, string> = {};
  for await (const page of paginateDescribeStacks({ client }, {})) {
    for (const stack of page.Stacks ?? []) {
      if (!stack.StackName?.startsWith(`avocado-${stage}-`)) continue;
      for (const { OutputKey, OutputValue } of stack.Outputs ?? [])
        if (OutputKey && OutputValue) outputs[OutputKey] = OutputValue;
    }
  }
  return outputs;
}
