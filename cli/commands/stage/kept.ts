import { type CloudFormationClient, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { z } from "zod";
import { heldResources, type StackResource, type StageStack } from "./stacks.ts";

/** What a stack holds, by what becomes of it when the stack is deleted. */
export interface StackFate {
  name: string;
  isProtected: boolean;
  kept: StackResource[];
  deleted: StackResource[];
}

const keepingPolicies = ["Retain", "RetainExceptOnCreate", "Snapshot"];
const template = z.object({ Resources: z.record(z.string(), z.object({ DeletionPolicy: z.string().optional() })) });

/** Reads from a stack's template which of its resources outlive it. */
export async function readFate(client: CloudFormationClient, stack: StageStack): Promise<StackFate> {
  const { name, isProtected } = stack;
  const { TemplateBody = "" } = await client.send(new GetTemplateCommand({ StackName: name }));
  const { Resources } = template.parse(JSON.parse(TemplateBody));
  const isKept = ({ logicalId }: StackResource) => keepingPolicies.includes(Resources[logicalId]?.DeletionPolicy ?? "");
  const { kept = [], deleted = [] } = Object.groupBy(heldResources([stack]), (each) =>
    isKept(each) ? "kept" : "deleted",
  );
  return { name, isProtected, kept, deleted };
}
