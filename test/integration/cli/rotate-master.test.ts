import { randomUUID } from "node:crypto";
import { CreateDBClusterCommand, RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, expect, inject, it, vi } from "vitest";
import { readJsonSecret } from "../../../aws/secrets.ts";
import { changeMasterPassword } from "../../../cli/commands/stage/rotate-master.ts";
import { localAws } from "../../../local/ministack.ts";

afterEach(() => void vi.unstubAllEnvs());

it("has RDS change the password that it keeps for the master user, and sees it in the secret", async () => {
  for (const [name, value] of Object.entries(localAws(inject("services").aws))) vi.stubEnv(name, value);
  const cluster = `rotated-${randomUUID().slice(0, 8)}`;
  // By the API: a cluster that the emulator's CloudFormation creates has no such secret.
  const { DBCluster } = await new RDSClient().send(
    new CreateDBClusterCommand({
      DBClusterIdentifier: cluster,
      Engine: "aurora-postgresql",
      MasterUsername: "master",
      ManageMasterUserPassword: true,
    }),
  );
  const read = () => readJsonSecret(new SecretsManagerClient(), DBCluster?.MasterUserSecret?.SecretArn ?? "");
  const before = await read();
  await changeMasterPassword(cluster, { timeout: 30_000, pause: 50 });
  expect(await read()).toMatchObject({ username: "master", password: expect.any(String) });
  expect(await read()).not.toEqual(before);
});
