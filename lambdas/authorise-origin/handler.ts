import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { readJsonSecret } from "../../aws/secrets.ts";
import { originHeader } from "../../core/contracts/api-routes.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";
import { isFromOrigin } from "./logic.ts";

/** Name or ARN of a secret `{ "value": … }`. */
const env = environment(z.object({ ORIGIN_SECRET: z.string().min(1) }));
const client = new SecretsManagerClient();
const stored = z.object({ value: z.string().min(1) });
const request = z.object({ headers: z.record(z.string(), z.string()).default({}) });

/** Kept, for a stranger's guesses would each cost a look otherwise. */
let secret: Promise<string> | undefined;

/** Tells the gateway whether a request comes from CloudFront. */
export const handler = step(request, async ({ headers }) => {
  secret ??= readSecret();
  return { isAuthorized: isFromOrigin(headers[originHeader], await secret) };
});

async function readSecret(): Promise<string> {
  try {
    return stored.parse(await readJsonSecret(client, env().ORIGIN_SECRET)).value;
  } catch (error) {
    secret = undefined;
    throw error;
  }
}
