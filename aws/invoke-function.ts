import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { z } from "zod";
import { NamedError } from "../core/errors.ts";

/** What Lambda answers for a function that threw. */
const failure = z.object({
  errorType: z.string().default("Error"),
  errorMessage: z.string().default("no reason given"),
});

/**
 * Runs a function without input and waits until it has ended, at most `timeout` milliseconds. Tried once: a caller that waits
 * has no time for a second try.
 * @throws NamedError with the name and the message of the error that the function threw
 */
export async function invokeFunction(
  name: string,
  timeout: number,
  client: LambdaClient = new LambdaClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: timeout, throwOnRequestTimeout: true },
  }),
): Promise<void> {
  const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName: name, Payload: "{}" }));
  if (!FunctionError) return;
  const { errorType, errorMessage } = failure.parse(JSON.parse(Payload?.transformToString() ?? "{}"));
  throw new NamedError(errorType, errorMessage);
}
