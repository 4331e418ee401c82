import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { readJsonSecret } from "../../../aws/secrets.ts";
import { readCredentials, storeKaggleSecret } from "../../../local/kaggle/start.ts";
import { confirm } from "../../terminal/confirm.ts";
import type { Progress } from "../../terminal/progress.ts";

/**
 * Stores Kaggle's credentials, read from where Kaggle's own tools read them so that they are in no history of commands. What else
 * the secret has, such as the password of an MLflow that kernels report to, stays. They hold from the next call on.
 * @throws InvalidInputError saying what is missing
 */
export async function rotateKaggle(stage: string, yes: boolean, progress: Progress): Promise<void> {
  const name = `avocado/${stage}/kaggle`;
  const credentials = await readCredentials();
  if (!yes && !(await confirm(`Store the credentials of ${credentials.KAGGLE_USERNAME} in ${name}?`)))
    return progress.line("Nothing was changed.");
  const old = await readJsonSecret(new SecretsManagerClient(), name).catch((error: unknown) => {
    if (error instanceof Error && error.name === "ResourceNotFoundException") return {};
    throw error;
  });
  const { KAGGLE_KEY: _key, KAGGLE_API_TOKEN: _token, ...rest } = (old ?? {}) as Record<string, string>;
  await storeKaggleSecret(name, { ...rest, ...credentials });
  progress.line(`Secret ${name} has the credentials of ${credentials.KAGGLE_USERNAME}.`);
}
