import { STATUS_CODES } from "node:http";
import type { Problem } from "../core/contracts/predict.ts";
import { NamedError } from "../core/errors.ts";
import type { Answer } from "./answer.ts";

/** An error that the caller may read: it becomes an `application/problem+json` answer. Its name is the problem's code. */
export class ProblemError extends NamedError {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    detail: string,
    { headers = {}, ...options }: ErrorOptions & { headers?: Record<string, string> } = {},
  ) {
    super(code, detail, options);
    this.status = status;
    this.headers = headers;
  }
}

/** The answer to an error. What is not meant for the caller is a plain 500 that says nothing of the inside. */
export function problemAnswer(error: unknown, id: string): Answer {
  const known =
    error instanceof ProblemError
      ? error
      : new ProblemError(500, "Internal", "Something went wrong on the server. Its log says what.");
  const { status, name: code, message: detail, headers } = known;
  const problem: Problem = { title: STATUS_CODES[status] ?? "Error", status, detail, code, id };
  const comeBack = (status === 429 || status === 503) && { "retry-after": "5" };
  return {
    status,
    headers: { "content-type": "application/problem+json", ...comeBack, ...headers },
    body: JSON.stringify(problem),
  };
}
