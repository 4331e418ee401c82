import {
  type CloudFormationClient,
  paginateDescribeStacks,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";

/** A resource of a stack, as CloudFormation knows it. */
export interface StackResource {
  type: string;
  /** Name, address or ARN, by type. */
  id: string;
  status: string;
  reason: string;
}

/** A stack of a stage that exists. */
export interface StageStack {
  name: string;
  status: string;
  reason: string;
  isProtected: boolean;
  resources: StackResource[];
}

/** What CloudFormation knows of a stage. */
export interface StageStacks {
  stacks: StageStack[];
  outputs: Record<string, string>;
}

/** Permissions that reading the stacks takes. */
export const stackPermissions = "cloudformation:DescribeStacks and cloudformation:ListStackResources";

/** Reads the stacks of a stage with their resources and outputs. */
export async function readStacks(client: CloudFormationClient, stage: string): Promise<StageStacks> {
  const found: StageStacks = { stacks: [], outputs: {} };
  for await (const page of paginateDescribeStacks({ client }, {})) {
    for (const stack of page.Stacks ?? []) {
      const { StackName: name = "", StackStatus: status = "", StackStatusReason: reason = "" } = stack;
      if (!name.startsWith(`avocado-${stage}-`) || status === "DELETE_COMPLETE") continue;
      const isProtected = stack.EnableTerminationProtection ?? false;
      found.stacks.push({ name, status, reason, isProtected, resources: await readResources(client, name) });
      for (const { OutputKey, OutputValue } of stack.Outputs ?? [])
        if (OutputKey && OutputValue) found.outputs[OutputKey] = OutputValue;
    }
  }
  return found;
}

async function readResources(client: CloudFormationClient, name: string): Promise<StackResource[]> {
  const resources: StackResource[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: name })) {
    for (const each of page.StackResourceSummaries ?? []) {
      resources.push({
        type: each.ResourceType ?? "",
        id: each.PhysicalResourceId ?? "",
        status: each.ResourceStatus ?? "",
        reason: each.ResourceStatusReason ?? "",
      });
    }
  }
  return resources;
}

/** Identifiers of a stage's resources of one type, those that were deleted left out. */
export function idsOf({ stacks }: StageStacks, type: string): string[] {
  const all = stacks.flatMap(({ resources }) => resources);
  return all.filter((each) => each.type === type && each.id && !isGone(each)).map(({ id }) => id);
}

/** Was the resource deleted, or kept on purpose when its stack gave it up? Then it is no longer the stack's. */
export function isGone({ status }: StackResource): boolean {
  return status === "DELETE_COMPLETE" || status === "DELETE_SKIPPED";
}
