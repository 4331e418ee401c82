import {
  type CloudFormationClient,
  paginateDescribeStacks,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";
import { outputsOf } from "../../../aws/stage-outputs.ts";

/** A resource of a stack, as CloudFormation knows it. */
export interface StackResource {
  logicalId: string;
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
  /** CloudFormation rejects to delete it. */
  isProtected: boolean;
  resources: StackResource[];
}

/** What CloudFormation knows of a stage. */
export interface StageStacks {
  /** In the order in which they are deleted. */
  stacks: StageStack[];
  outputs: Record<string, string>;
}

/** Permissions that reading the stacks takes. */
export const stackPermissions = "cloudformation:DescribeStacks and cloudformation:ListStackResources";

/** Last parts of the stacks' names in the order in which they go: each uses only those after it. */
const deletionOrder = ["monitoring", "pipeline", "serving", "registry", "data"];

/** Reads the stacks of a stage with their resources and outputs. */
export async function readStacks(client: CloudFormationClient, stage: string): Promise<StageStacks> {
  const found: StageStacks = { stacks: [], outputs: {} };
  const names = deletionOrder.map((purpose) => `avocado-${stage}-${purpose}`);
  for await (const page of paginateDescribeStacks({ client }, {})) {
    for (const stack of page.Stacks ?? []) {
      const { StackName: name = "", StackStatus: status = "", StackStatusReason: reason = "" } = stack;
      if (!names.includes(name) || status === "DELETE_COMPLETE") continue;
      const isProtected = stack.EnableTerminationProtection ?? false;
      found.stacks.push({ name, status, reason, isProtected, resources: await readResources(client, name) });
      Object.assign(found.outputs, outputsOf(stack));
    }
  }
  found.stacks.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  return found;
}

async function readResources(client: CloudFormationClient, name: string): Promise<StackResource[]> {
  const resources: StackResource[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: name })) {
    for (const each of page.StackResourceSummaries ?? []) {
      resources.push({
        logicalId: each.LogicalResourceId ?? "",
        type: each.ResourceType ?? "",
        id: each.PhysicalResourceId ?? "",
        status: each.ResourceStatus ?? "",
        reason: each.ResourceStatusReason ?? "",
      });
    }
  }
  return resources;
}

/** What the stacks hold now: what was deleted is left out, and what was kept on purpose when its stack gave it up. */
export function heldResources(stacks: readonly StageStack[]): StackResource[] {
  const gone = ["DELETE_COMPLETE", "DELETE_SKIPPED"];
  return stacks.flatMap(({ resources }) => resources.filter(({ status }) => !gone.includes(status)));
}

/** Identifiers of what a stage holds of one type. */
export function idsOf({ stacks }: Pick<StageStacks, "stacks">, type: string): string[] {
  return heldResources(stacks).flatMap((each) => (each.type === type && each.id ? [each.id] : []));
}
