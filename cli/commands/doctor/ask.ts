import { errorMessage } from "../../../core/errors.ts";
import type { Finding } from "./finding.ts";

/** What a check found, without its name. */
export type Answer = Omit<Finding, "check" | "permission">;

/** Error codes with which AWS services reject a caller; each protocol has its own. */
const rejections = [
  "AccessDenied",
  "AccessDeniedException",
  "AuthorizationError",
  "AuthorizationErrorException",
  "Forbidden",
  "ForbiddenException",
  "UnauthorizedOperation",
];

/** Runs a check. What this identity may not ask, or what does not answer, is `unknown`: that is not the same as missing. */
export async function ask(check: string, permission: string, question: () => Promise<Answer>): Promise<Finding> {
  try {
    return { check, ...(await question()) };
  } catch (error) {
    return unanswered(check, permission, error);
  }
}

/** The finding of a check that got no answer. */
export function unanswered(check: string, permission: string, error: unknown): Finding {
  const action = findDenied(error, permission);
  if (!action) return { check, state: "unknown", found: `could not be asked: ${errorMessage(error)}` };
  const advice = `Allow this identity ${action}, then run the doctor again.`;
  return { check, state: "unknown", found: "not permitted to ask", advice, permission: action };
}

/** The action that the error says is not allowed (default: `permission`); nothing when it is about something else. */
export function findDenied(error: unknown, permission: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = "$metadata" in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  if (!rejections.includes(error.name) && status !== 403) return undefined;
  return /not authorized to perform:? ([a-z0-9-]+:\w+)/i.exec(error.message)?.[1] ?? permission;
}

/** Does AWS say that there is no such thing? Services name it differently. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && /NotFound|NoSuch|DoesNotExist|NonExistent/.test(error.name);
}
