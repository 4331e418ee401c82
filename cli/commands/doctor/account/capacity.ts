import { DescribeVpcsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { paginateListAWSDefaultServiceQuotas, type ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { ask } from "../ask.ts";
import type { Finding } from "../finding.ts";
import { quotaPermissions, readQuota, requestQuota } from "./quota.ts";

/** Tasks of the stage, in units of CPU: 1024 are one CPU. */
export interface TaskSettings {
  registry: { cpu: number };
  trainer: { cpu: number };
}

/** How many CPUs Fargate may run at once: a trainer's, and MLflow's twice, for a deployment starts the new task first. */
export function checkFargate(client: ServiceQuotasClient, { registry, trainer }: TaskSettings): Promise<Finding> {
  const [service, code] = ["fargate", "L-3032A538"];
  return ask("Fargate CPUs", quotaPermissions, async () => {
    const cpus = await readQuota(client, service, code);
    const needed = (trainer.cpu + 2 * registry.cpu) / 1024;
    if (cpus >= needed) return { state: "ok", found: `${cpus} at once, ${needed} are needed` };
    const larger = requestQuota(service, code, Math.max(6, Math.ceil(needed)));
    const advice = `${larger}\nor a smaller \`trainer.cpu\` in the stage's file.`;
    return { state: "missing", found: `${cpus} at once, ${needed} are needed`, advice };
  });
}

/** Is there room for one more network? `exists`: the stage has its own already. */
export function checkNetworks(ec2: EC2Client, quotas: ServiceQuotasClient, exists: boolean): Promise<Finding> {
  const [service, code] = ["vpc", "L-F678F1CE"];
  return ask("networks (VPCs)", `ec2:DescribeVpcs, ${quotaPermissions}`, async () => {
    const [{ Vpcs = [] }, limit] = await Promise.all([
      ec2.send(new DescribeVpcsCommand({})),
      readQuota(quotas, service, code),
    ]);
    const found = `${Vpcs.length} of ${limit} in this region`;
    if (exists || Vpcs.length < limit) return { state: "ok", found };
    const advice = `${requestQuota(service, code, limit + 5)}\nor delete a VPC that is not used.`;
    return { state: "missing", found, advice };
  });
}

/** How many training jobs SageMaker may run on machines of the stage's type: 0 of those with a GPU in a new account. */
export function checkSageMaker(
  client: ServiceQuotasClient,
  { instanceType, spot }: { instanceType: string; spot: boolean },
): Promise<Finding> {
  const service = "sagemaker";
  const permissions = `servicequotas:ListAWSDefaultServiceQuotas, ${quotaPermissions}`;
  return ask(`training jobs (${instanceType}${spot ? ", spot" : ""})`, permissions, async () => {
    const code = await findQuotaCode(client, service, `${instanceType} for ${spot ? "spot " : ""}training job usage`);
    if (!code) {
      const advice = "Choose another `sagemaker.instanceType` in the stage's file.";
      return { state: "missing", found: `SageMaker has no quota of ${instanceType} for training jobs here`, advice };
    }
    const limit = await readQuota(client, service, code);
    if (limit >= 1) return { state: "ok", found: `${limit} at once` };
    const advice = `${requestQuota(service, code, 1)}\nAWS answers within some days.`;
    return { state: "missing", found: "none is allowed", advice };
  });
}

/** SageMaker has a quota, with a code of its own, for each type of machine and each use of it. */
async function findQuotaCode(client: ServiceQuotasClient, ServiceCode: string, name: string) {
  for await (const { Quotas = [] } of paginateListAWSDefaultServiceQuotas(
    { client },
    { ServiceCode, MaxResults: 100 },
  )) {
    const found = Quotas.find(({ QuotaName }) => QuotaName === name);
    if (found) return found.QuotaCode;
  }
  return undefined;
}
