import { setTimeout as sleep } from "node:timers/promises";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DescribeDBClustersCommand, ModifyDBClusterCommand, RDSClient } from "@aws-sdk/client-rds";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { NamedError, NotFoundError } from "../../../core/errors.ts";
import { confirm } from "../../terminal/confirm.ts";
import type { Progress } from "../../terminal/progress.ts";
import { connectCluster } from "./registry.ts";
import { idsOf, readStacks } from "./stacks.ts";

export interface WaitOptions {
  /** Milliseconds until the new password must be there. Default 10 minutes. */
  timeout?: number;
  /** Milliseconds between two looks. Default 5 seconds. */
  pause?: number;
}

/**
 * Has RDS give the master user of a stage's database a new password now, and waits until the database takes it. Nothing keeps
 * this password: the Data API reads the secret at each call.
 * @throws NotFoundError; NamedError `SecretNotRotated` with what RDS says of the secret
 */
export async function rotateMaster(
  stage: string,
  yes: boolean,
  progress: Progress,
  options: WaitOptions = {},
): Promise<void> {
  const stacks = await readStacks(new CloudFormationClient(), stage);
  const [cluster] = idsOf(stacks, "AWS::RDS::DBCluster");
  if (!cluster) throw new NotFoundError(`Stage '${stage}' has no database. Deploy it first.`);
  if (!yes && !(await confirm(`Change the password of the database's master user in stage '${stage}'?`)))
    return progress.line("Nothing was changed.");
  progress.now("Waiting for RDS");
  await changeMasterPassword(cluster, options);
  const open = await connectCluster(cluster);
  await open("postgres").run("SELECT 1::text");
  progress.line("The master user has a new password, and the database takes it.");
}

/** Has RDS change the password that it keeps for the master user of a cluster. @throws NamedError `SecretNotRotated` */
export async function changeMasterPassword(
  cluster: string,
  { timeout = 600_000, pause = 5000 }: WaitOptions = {},
): Promise<void> {
  const rds = new RDSClient();
  const before = await readVersion((await readSecret(rds, cluster)).arn);
  const change = { RotateMasterUserPassword: true, ApplyImmediately: true };
  await rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: cluster, ...change }));
  const deadline = Date.now() + timeout;
  for (;;) {
    const { arn, status } = await readSecret(rds, cluster);
    // The status alone may be that of before.
    if (status === "active" && (await readVersion(arn)) !== before) return;
    if (status === "impaired" || Date.now() + pause > deadline) {
      const problem = `RDS has not changed the password of ${cluster}: its secret is ${status}.`;
      throw new NamedError("SecretNotRotated", `${problem} The events of the cluster in the RDS console say why.`);
    }
    await sleep(pause);
  }
}

async function readSecret(rds: RDSClient, DBClusterIdentifier: string): Promise<{ arn: string; status: string }> {
  const { DBClusters: [found] = [] } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier }));
  const { SecretArn: arn = "", SecretStatus: status = "" } = found?.MasterUserSecret ?? {};
  return { arn, status };
}

/** Id of the version that holds now. */
async function readVersion(SecretId: string): Promise<string | undefined> {
  const { VersionIdsToStages = {} } = await new SecretsManagerClient().send(new DescribeSecretCommand({ SecretId }));
  return Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes("AWSCURRENT"));
}
