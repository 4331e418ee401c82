import type { RDSClient } from "@aws-sdk/client-rds";
import { HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import { DescribeSecretCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ask, isAbsent, unanswered } from "../ask.ts";
import type { Finding } from "../finding.ts";
import { listDatabases, type NamedKind } from "./names.ts";

type Owned = ReadonlySet<string>;
const earlier = "left from an earlier deployment, or made by hand";

/** Are names free that the stacks will use? One finding for each thing in the way; one for all where there is none. */
export async function checkNames(kinds: readonly NamedKind[], owned: Owned): Promise<Finding[]> {
  const found = (await Promise.all(kinds.map((kind) => checkKind(kind, owned)))).flat();
  if (found.length > 0) return found;
  return [{ check: "other names", state: "ok", found: `free: ${kinds.map(({ kind }) => `${kind}s`).join(", ")}` }];
}

async function checkKind({ kind, permission, list, remove }: NamedKind, owned: Owned): Promise<Finding[]> {
  try {
    const inTheWay = (await list()).filter((id) => !owned.has(id));
    return inTheWay.map((id) => ({
      check: `name of a ${kind}`,
      state: "missing",
      found: `${id} exists: ${earlier}`,
      advice: remove(id),
    }));
  } catch (error) {
    return [unanswered(`names of ${kind}s`, permission, error)];
  }
}

/** Names of the stage's buckets. */
export function bucketNames(stage: string, account: string, region: string): string[] {
  const purposes = ["access-logs", "raw", "data", "artifacts"];
  return purposes.map((purpose) => `avocado-${stage}-${purpose}-${account}-${region}`);
}

/** Are the buckets' names free? They are unique among all accounts, and what is in a bucket is never deleted by a stack. */
export async function checkBuckets(client: S3Client, names: readonly string[], owned: Owned): Promise<Finding[]> {
  const findings = await Promise.all(
    names.map((name) =>
      ask("bucket", "s3:ListBucket", async () => {
        if (owned.has(name)) return { state: "ok", found: "" };
        try {
          await client.send(new HeadBucketCommand({ Bucket: name }));
        } catch (error) {
          if (isAbsent(error)) return { state: "ok", found: "" };
          if (statusOf(error) !== 403) throw error;
          const found = `${name} exists and does not let this identity in: another account has the name, or s3:ListBucket is missing`;
          return { state: "unknown", found };
        }
        const copy = `To keep what is in it, copy it first: aws s3 sync s3://${name} s3://<another bucket>`;
        const advice = `${copy}\nThen delete it with all its objects: aws s3 rb s3://${name} --force`;
        return { state: "missing", found: `${name} exists: ${earlier}`, advice };
      }),
    ),
  );
  const rest = findings.filter(({ state }) => state !== "ok");
  return rest.length > 0 ? rest : [{ check: "names of buckets", state: "ok", found: "free, or this stage's own" }];
}

/** Does a deleted secret still have the name? It keeps it until it is gone, for up to 30 days. */
export function checkSecretName(client: SecretsManagerClient, name: string): Promise<Finding> {
  return ask("name of a secret", "secretsmanager:DescribeSecret", async () => {
    try {
      const { DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId: name }));
      if (!DeletedDate) return { state: "ok", found: `${name} exists` };
      const restore = `aws secretsmanager restore-secret --secret-id ${name}`;
      const remove = `aws secretsmanager delete-secret --secret-id ${name} --force-delete-without-recovery`;
      const found = `${name} is scheduled for deletion and keeps its name until then`;
      return { state: "missing", found, advice: `To use it again: ${restore}\nTo be rid of it: ${remove}` };
    } catch (error) {
      if (isAbsent(error)) return { state: "ok", found: `${name} is free` };
      throw error;
    }
  });
}

/** Are there databases of this stage that no longer belong to a stack? */
export function checkDatabases(client: RDSClient, stage: string, owned: Owned): Promise<Finding> {
  return ask("old databases", "rds:DescribeDBClusters", async () => {
    const old = (await listDatabases(client, stage)).filter((id) => !owned.has(id));
    if (old.length === 0) return { state: "ok", found: "none" };
    const advice = old
      .map((id) => `aws rds modify-db-cluster --db-cluster-identifier ${id} --no-deletion-protection, then delete it`)
      .join("\n");
    return { state: "warning", found: `${old.join(", ")}: kept by an earlier deployment, with its network`, advice };
  });
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
