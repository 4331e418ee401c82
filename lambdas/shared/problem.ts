import { STATUS_CODES } from "node:http";
import type { Logger } from "@aws-lambda-powertools/logger";
import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { Problem } from "../../core/contracts/predict.ts";
import { NamedError } from "../../core/errors.ts";

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
export function problemResponse(error: unknown, id: string): APIGatewayProxyStructuredResultV2 {
  const known =
    error instanceof ProblemError
      ? error
      : new ProblemError(500, "Internal", "Something went wrong on the server. Its log says what.");
  const { status, name: code, message: detail, headers } = known;
  const problem: Problem = { title: STATUS_CODES[status] ?? "Error", status, detail, code, id };
  const comeBack = (status === 429 || status === 503) && { "retry-after": "5" };
  return {
    statusCode: status,
    headers: { "content-type": "application/problem+json", ...comeBack, ...headers },
    body: JSON.stringify(problem),
  };
}

/** Answers errors with problems, and logs those that are the server's fault. */
export function problemResponses(
  logger: Logger,
): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return {
    onError: (request) => {
      const response = problemResponse(request.error, request.context.awsRequestId);
      if ((response.statusCode ?? 500) >= 500) logger.error("request failed", { error: request.error });
      request.response = response;
    },
  };
}

/** A JSON answer, 200. */
export function jsonResponse(value: unknown): APIGatewayProxyStructuredResultV2 {
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
