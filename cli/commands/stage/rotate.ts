import { randomBytes } from "node:crypto";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { prepareDatabases } from "../../../lambdas/prepare-database/logic.ts";
import { confirm } from "../../terminal/confirm.ts";
import type { Progress } from "../../terminal/progress.ts";
import { registryDatabase } from "./databases.ts";
import { connectRegistry, whileStopped } from "./registry.ts";

/** Gives the database role of MLflow a new password. Run again after a failure, it gives another one and ends in order. */
export async function rotate(stage: string, yes: boolean, progress: Progress): Promise<void> {
  const { sql, roleSecret, server } = await connectRegistry(stage);
  if (!yes && !(await confirm(`Change the password of MLflow's role in stage '${stage}'? MLflow stops meanwhile.`)))
    return progress.line("Nothing was changed.");
  const password = randomBytes(24).toString("hex");
  progress.now("Stopping MLflow");
  await whileStopped(server, async () => {
    const SecretString = JSON.stringify({ username: registryDatabase, password });
    // First: a password that only the database had would be lost when the other call fails.
    await new SecretsManagerClient().send(new PutSecretValueCommand({ SecretId: roleSecret, SecretString }));
    await prepareDatabases(sql, [{ name: registryDatabase, password }]);
    progress.line("The role has a new password.");
    progress.now("Starting MLflow");
  });
}
