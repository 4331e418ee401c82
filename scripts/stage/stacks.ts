import {
  type CloudFormationClient,
  GetTemplateCommand,
  paginateDescribeStacks,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";
import { z } from "zod";

/** A resource of a deployed stack. */
export interface StackResource {
  logicalId: string;
  type: string;
  /** Name, id or ARN, as CloudFormation knows it. */
  id: string;
  /** Does it outlive its stack? */
  kept: boolean;
}

/** A deployed stack of a stage. */
export interface DeployedStack {
  name: string;
  /** The last part of its name. */
  purpose: string;
  /** CloudFormation refuses to delete it. */
  isProtected: boolean;
  resources: StackResource[];
}

/** Purposes of the stacks in the order in which they go: each uses only those after it. */
const deletionOrder = ["monitoring", "pipeline", "serving", "registry", "data"];
const keepingPolicies = ["Retain", "RetainExceptOnCreate", "Snapshot"];
const template = z.object({ Resources: z.record(z.string(), z.object({ DeletionPolicy: z.string().optional() })) });

/** The stacks of a stage that are deployed, in the order in which they are deleted. */
export async function listStacks(client: CloudFormationClient, stage: string): Promise<DeployedStack[]> {
  const found: DeployedStack[] = [];
  for await (const page of paginateDescribeStacks({ client }, {})) {
    for (const { StackName: name = "", EnableTerminationProtection: isProtected = false } of page.Stacks ?? []) {
      const purpose = deletionOrder.find((each) => name === `avocado-${stage}-${each}`);
      if (purpose) found.push({ name, purpose, isProtected, resources: await listResources(client, name) });
    }
  }
  return found.sort((a, b) => deletionOrder.indexOf(a.purpose) - deletionOrder.indexOf(b.purpose));
}

async function listResources(client: CloudFormationClient, StackName: string): Promise<StackResource[]> {
  const { TemplateBody = "" } = await client.send(new GetTemplateCommand({ StackName }));
  const { Resources } = template.parse(JSON.parse(TemplateBody));
  const resources: StackResource[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName })) {
    for (const summary of page.StackResourceSummaries ?? []) {
      const { LogicalResourceId: logicalId = "", ResourceType: type = "", PhysicalResourceId: id = "" } = summary;
      if (summary.ResourceStatus === "DELETE_COMPLETE") continue;
      const kept = keepingPolicies.includes(Resources[logicalId]?.DeletionPolicy ?? "");
      resources.push({ logicalId, type, id, kept });
    }
  }
  return resources;
}
