import { heldResources, type StageStack } from "../../stage/stacks.ts";
import type { Answer } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** In which state the stage's stacks are, and how to get out of one in which `cdk deploy` cannot go on. */
export function checkStackStates(stacks: readonly StageStack[]): Finding[] {
  if (stacks.length === 0) return [{ check: "stacks", state: "ok", found: "none yet" }];
  const findings = stacks.map((stack) => ({ check: `stack ${nameOf(stack)}`, ...judge(stack) }));
  const rest = findings.filter(({ state }) => state !== "ok");
  if (rest.length > 0) return rest;
  return [{ check: "stacks", state: "ok", found: `complete: ${stacks.map(nameOf).join(", ")}` }];
}

function nameOf({ name }: StageStack): string {
  return name.split("-").at(-1) ?? name;
}

function judge(stack: StageStack): Answer {
  const { name, status } = stack;
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return { state: "ok", found: status };
  if (status.endsWith("IN_PROGRESS")) {
    return { state: "warning", found: status, advice: "Wait until it has ended, then run the doctor again." };
  }
  const found = [status, firstFailure(stack)].filter(Boolean).join(": ");
  if (status === "UPDATE_ROLLBACK_COMPLETE") {
    return { state: "warning", found, advice: "The last update was undone. Mend what failed, and deploy again." };
  }
  if (status === "UPDATE_ROLLBACK_FAILED") {
    return { state: "missing", found, advice: `aws cloudformation continue-update-rollback --stack-name ${name}` };
  }
  if (status === "ROLLBACK_COMPLETE" && !stack.isProtected) {
    // The CDK deletes such a stack itself before it creates it again.
    return { state: "warning", found, advice: "The first deployment failed. Mend what failed, and deploy again." };
  }
  return { state: "missing", found, advice: deletion(stack) };
}

/** The CDK switches a stack's protection on before it creates the resources, so a failed first deployment is protected too. */
function deletion({ name, isProtected, resources }: StageStack): string {
  const stuck = resources.filter(({ status }) => status === "DELETE_FAILED");
  return [
    ...stuck.map(({ type, id, reason }) => `Delete ${type} ${id} by hand${reason && ` (${reason})`}.`),
    ...(isProtected
      ? [`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${name}`]
      : []),
    `aws cloudformation delete-stack --stack-name ${name}`,
  ].join("\n");
}

/** The resource that failed first; those that were cancelled for it say nothing. */
function firstFailure({ reason, resources }: StageStack): string {
  const failed = resources.find((each) => each.status.endsWith("FAILED") && !/cancelled/i.test(each.reason));
  return failed ? `${failed.type} ${failed.id}: ${failed.reason}`.trim() : reason;
}

/** Identifiers of everything that the stacks hold now. */
export function ownedIds(stacks: readonly StageStack[]): ReadonlySet<string> {
  return new Set(heldResources(stacks).map(({ id }) => id));
}
