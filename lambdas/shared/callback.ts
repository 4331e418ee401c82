import type { SFNClient } from "@aws-sdk/client-sfn";
import type { Context } from "aws-lambda";
import { z } from "zod";
import { sendTaskFailure } from "../../aws/state-machine.ts";

const withToken = z.looseObject({ taskToken: z.string() });

/**
 * A task that answers through its token. Whatever it throws, the environment's faults included, goes to the state machine
 * as a failure with the error's name, so that no token is left waiting.
 */
export function callback<R>(client: SFNClient, run: (event: unknown, context: Context) => Promise<R>) {
  return async (event: unknown, context: Context): Promise<R | undefined> => {
    const { taskToken } = withToken.parse(event);
    try {
      return await run(event, context);
    } catch (error) {
      await sendTaskFailure(client, taskToken, error);
      return undefined;
    }
  };
}
