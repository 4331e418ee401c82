import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { openExternalStore } from "../../../../aws/external-store.ts";
import { errorMessage } from "../../../../core/errors.ts";
import { parseJson } from "../../../../core/json.ts";
import { parseCredentials } from "../../../../core/kaggle/credentials.ts";
import { ask, findDenied, isAbsent } from "../ask.ts";
import type { Finding } from "../finding.ts";

const permission = "secretsmanager:GetSecretValue";

/** Are Kaggle's credentials filled in? `used`: the stage's own schedule needs them. */
export function checkKaggleSecret(client: SecretsManagerClient, name: string, used: boolean): Promise<Finding> {
  const reason = used ? "the schedule trains there" : "only strategy 'kaggle' needs them";
  return ask("Kaggle's credentials", permission, async () => {
    const found = await client.send(new GetSecretValueCommand({ SecretId: name })).catch((error: unknown) => {
      // One that waits to be deleted gives no value either.
      if (isAbsent(error) || (error as Error).name === "InvalidRequestException") return undefined;
      throw error;
    });
    const value = `--secret-string '{"KAGGLE_USERNAME":"…","KAGGLE_API_TOKEN":"…"}'`;
    if (!found) {
      const advice = `aws secretsmanager create-secret --name ${name} ${value}`;
      return {
        state: used ? "missing" : "ok",
        found: `there is no secret with them; ${reason}`,
        ...(used && { advice }),
      };
    }
    try {
      const { username } = parseCredentials(parseJson(found.SecretString ?? ""), name);
      return { state: "ok", found: `those of ${username}` };
    } catch (error) {
      const advice = `aws secretsmanager put-secret-value --secret-id ${name} ${value}`;
      return { state: used ? "missing" : "warning", found: `${errorMessage(error)} (${reason})`, advice };
    }
  });
}

/** Does the secret that a stage names for external raw data say what opens a bucket? */
export function checkRawDataSecret(client: SecretsManagerClient, name: string): Promise<Finding> {
  return ask("external raw data", permission, async () => {
    try {
      await openExternalStore(client, name, "any-bucket");
      return { state: "ok", found: `secret '${name}' is filled in` };
    } catch (error) {
      if (findDenied(error, permission)) throw error;
      const advice = `aws secretsmanager create-secret --name ${name} --secret-string '{"region":"…","accessKeyId":"…","secretAccessKey":"…"}'`;
      return { state: "missing", found: errorMessage(error), advice };
    }
  });
}
