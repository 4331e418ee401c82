import { GetAccountSettingsCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { ask } from "../ask.ts";
import type { Finding } from "../finding.ts";
import { requestQuota } from "./quota.ts";

/** Shards that a retraining prepares at once. A test compares it with the state machine. */
export const shardsAtOnce = 2;
/** AWS keeps so many for functions without any of their own, and rejects what would leave fewer. */
const leastUnreserved = 10;
/** Memory that every account has for a function, in MB. A new account has no more, and no API tells. */
const memoryOfNewAccounts = 3008;

const more = requestQuota("lambda", "L-B99A9384", 1000);

/** How many Lambdas may run at once, compared with what the stage keeps warm and what a retraining takes. */
export function checkConcurrency(client: LambdaClient, provisioned = 0): Promise<Finding> {
  return ask("Lambda concurrency", "lambda:GetAccountSettings", async () => {
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
    const limit = AccountLimit?.ConcurrentExecutions ?? 0;
    const free = AccountLimit?.UnreservedConcurrentExecutions ?? limit;
    if (provisioned > 0 && free - provisioned < leastUnreserved) {
      const found = `${free} not reserved; ${provisioned} always warm would leave fewer than ${leastUnreserved}, which AWS rejects`;
      return { state: "missing", found, advice: `${more}\nor leave out \`predict.provisionedConcurrency\`.` };
    }
    if (limit >= 100) return { state: "ok", found: `${limit} at once` };
    const found = `${limit} at once: a retraining takes up to ${shardsAtOnce}, predictions the rest`;
    return { state: "warning", found, advice: `Enough to begin with. For more: ${more}` };
  });
}

/** Is the memory of predictions more than a new account has? */
export function checkMemory(megabytes: number): Finding {
  const check = "Lambda memory";
  if (megabytes <= memoryOfNewAccounts)
    return { check, state: "ok", found: `${megabytes} MB for predictions, which every account has` };
  const advice =
    `New accounts reject more than ${memoryOfNewAccounts} MB: ask AWS support for it, ` +
    `or make \`predict.memoryMegabytes\` ${memoryOfNewAccounts}.`;
  return { check, state: "warning", found: `${megabytes} MB for predictions`, advice };
}

/** What is known about the processor of predictions. */
export function checkProcessor(architecture: "x64" | "arm64"): Finding {
  const check = "Lambda processor";
  if (architecture === "x64") return { check, state: "ok", found: "x64" };
  // Old versions of ONNX Runtime ended there at once (onnxruntime issues 10038 and 15661).
  const advice = "Predictions have never run on it. If the API does not answer, choose x64.";
  return { check, state: "warning", found: "arm64, untested", advice };
}
