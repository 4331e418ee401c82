import { Logger } from "@aws-lambda-powertools/logger";
import type { CloudFormationCustomResourceEvent } from "aws-lambda";
import { z } from "zod";
import { errorMessage } from "../../core/errors.ts";

const logger = new Logger();

/**
 * A resource that CloudFormation knows only through this Lambda: `apply` runs when it is created and when its properties
 * change, and must allow to be run again. Deleting the resource does nothing. CloudFormation is told in any case, or it would
 * wait until its time-out.
 */
export function customResource<S extends z.ZodType>(
  physicalId: string,
  schema: S,
  apply: (properties: z.infer<S>) => Promise<void>,
): (event: CloudFormationCustomResourceEvent) => Promise<void> {
  return async (event) => {
    let answer: { Status: "SUCCESS" | "FAILED"; Reason?: string } = { Status: "SUCCESS" };
    try {
      if (event.RequestType !== "Delete") await apply(readProperties(schema, event));
    } catch (error) {
      logger.error("custom resource failed", error as Error);
      answer = { Status: "FAILED", Reason: errorMessage(error).slice(0, 1000) };
    }
    const { StackId, RequestId, LogicalResourceId } = event;
    const body = JSON.stringify({ ...answer, PhysicalResourceId: physicalId, StackId, RequestId, LogicalResourceId });
    // The address is presigned for a request without a content type.
    const response = await fetch(event.ResponseURL, { method: "PUT", headers: { "content-type": "" }, body });
    if (!response.ok) throw new Error(`CloudFormation rejected the answer: ${response.status}`);
  };
}

function readProperties<S extends z.ZodType>(schema: S, event: CloudFormationCustomResourceEvent): z.infer<S> {
  const parsed = schema.safeParse(event.ResourceProperties);
  if (!parsed.success) throw new Error(`The properties of the resource are wrong: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
