import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { parseJson } from "../core/json.ts";

/** Reads a secret that holds JSON; one that holds anything else is undefined. */
export async function readJsonSecret(client: SecretsManagerClient, id: string): Promise<unknown> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }));
  return parseJson(SecretString ?? "");
}
