import type { SynthesisedStage } from "../stages.ts";
import { type Account, account as usual } from "./account.ts";
import { type DeployedResource, type DeployedStack, deployStack } from "./stack.ts";
import type { CloudFormationTemplate, StackTemplate } from "./template.ts";

/** The stacks of a stage as they are in an account, in the order in which they are created. */
export interface DeployedStage {
  account: Account;
  stacks: DeployedStack[];
  /** Resources of all stacks, or of one type. */
  resources(type?: string): DeployedResource[];
}

/** The templates of a stage, in the order in which they deploy. */
export function templatesOf({ stacks, template }: SynthesisedStage): StackTemplate[] {
  return stacks.map(({ node, stackName }) => ({
    id: node.id,
    name: stackName,
    template: template(node.id).toJSON() as CloudFormationTemplate,
  }));
}

/** Resolves the templates of a stage one after the other; each may use what those before it export or put out. */
export function deployStage(templates: readonly StackTemplate[], account: Account = usual): DeployedStage {
  const stacks: DeployedStack[] = [];
  for (const template of templates) stacks.push(deployStack(template, account, stacks));
  const all = stacks.flatMap(({ resources }) => resources);
  return { account, stacks, resources: (type) => (type ? all.filter((one) => one.type === type) : all) };
}
