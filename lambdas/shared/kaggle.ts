import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { readJsonSecret } from "../../aws/secrets.ts";
import { InvalidInputError } from "../../core/errors.ts";
import { createKaggleClient, type KaggleClient } from "../../core/kaggle/client.ts";
import { parseCredentials, parseTracking, type Tracking } from "../../core/kaggle/credentials.ts";

/** The part of an environment that says where Kaggle is and who asks. */
export const kaggleEnvironment = {
  KAGGLE_BASE_URL: z.url(),
  /** Name or ARN of the secret with the credentials. */
  KAGGLE_SECRET: z.string().min(1),
};

/** A whole number of seconds in an environment. */
export const secondsFromEnv = z.coerce.number().int().min(1);

/** `true` or `false` in an environment. */
export const flagFromEnv = z.stringbool();

type KaggleEnvironment = z.infer<z.ZodObject<typeof kaggleEnvironment>>;

let client: SecretsManagerClient | undefined;

/** The Kaggle client that the environment asks for. */
export async function kaggleFrom(env: KaggleEnvironment): Promise<KaggleClient> {
  const credentials = parseCredentials(await readSecret(env), `The secret ${env.KAGGLE_SECRET}`);
  return createKaggleClient({ baseUrl: env.KAGGLE_BASE_URL, credentials });
}

/** The MLflow at `uri` with what kernels sign in to it with. */
export async function trackingFrom(env: KaggleEnvironment, uri: string): Promise<Tracking> {
  return parseTracking(uri, await readSecret(env), `The secret ${env.KAGGLE_SECRET}`);
}

/** Read each time, so that a new secret is seen at once. */
async function readSecret({ KAGGLE_SECRET }: KaggleEnvironment): Promise<unknown> {
  client ??= new SecretsManagerClient();
  try {
    return await readJsonSecret(client, KAGGLE_SECRET);
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === "ResourceNotFoundException")) throw cause;
    const message = `There is no secret '${KAGGLE_SECRET}'. docs/kaggle.md has the command that creates it.`;
    throw new InvalidInputError(message, { cause });
  }
}
