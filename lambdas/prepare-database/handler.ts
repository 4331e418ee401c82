import { ModifyDBClusterCommand, RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { DataApi } from "../../aws/data-api.ts";
import { customResource } from "../shared/custom-resource.ts";
import { environment } from "../shared/env.ts";
import { prepareDatabases } from "./logic.ts";

const env = environment(z.object({ CLUSTER_ARN: z.string(), MASTER_SECRET_ARN: z.string() }));
const requested = z.object({
  databases: z.array(z.object({ name: z.string().regex(/^[a-z][a-z0-9_]{0,30}$/), secretArn: z.string() })),
  deletionProtection: z.enum(["true", "false"]),
});
const secrets = new SecretsManagerClient();
const dataApi = new RDSDataClient();
const rds = new RDSClient();

/** Makes the databases and their roles, then sets the protection of their cluster. Deleting the resource deletes no data. */
export const handler = customResource("databases", requested, async ({ databases, deletionProtection }) => {
  const { CLUSTER_ARN: clusterArn, MASTER_SECRET_ARN: secretArn } = env();
  const sql = new DataApi(dataApi, { clusterArn, secretArn, database: "postgres" });
  const withPasswords = databases.map(async ({ name, secretArn }) => ({
    name,
    password: await readPassword(secretArn),
  }));
  await prepareDatabases(sql, await Promise.all(withPasswords));
  const DBClusterIdentifier = clusterArn.split(":").at(-1);
  await rds.send(
    new ModifyDBClusterCommand({ DBClusterIdentifier, DeletionProtection: deletionProtection === "true" }),
  );
});

async function readPassword(secretArn: string): Promise<string> {
  const { SecretString = "" } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
  return z.object({ password: z.string().min(1) }).parse(JSON.parse(SecretString)).password;
}
