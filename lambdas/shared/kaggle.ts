import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { readJsonSecret } from "../../aws/secrets.ts";
import { createKaggleClient, type KaggleClient } from "../../core/kaggle/client.ts";
import { parseCredentials } from "../../core/kaggle/credentials.ts";

/** The part of an environment that says where Kaggle is and who asks. */
export const kaggleEnvironment = {
  KAGGLE_BASE_URL: z.url(),
  /** Name or ARN of the secret with the credentials. */
  KAGGLE_SECRET: z.string().min(1),
};

/** A whole number of seconds in an environment. */
export const secondsFromEnv = z.coerce.number().int().min(1);

let client: SecretsManagerClient | undefined;

/** The Kaggle client that the environment asks for. The secret is read each time, so that a new one is seen at once. */
export async function kaggleFrom(env: z.infer<z.ZodObject<typeof kaggleEnvironment>>): Promise<KaggleClient> {
  client ??= new SecretsManagerClient();
  const secret = await readJsonSecret(client, env.KAGGLE_SECRET);
  const credentials = parseCredentials(secret, `The secret ${env.KAGGLE_SECRET}`);
  return createKaggleClient({ baseUrl: env.KAGGLE_BASE_URL, credentials });
}
