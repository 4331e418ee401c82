import { DescribeVpcsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import type { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
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

/** How many training jobs of the instance type SageMaker may run. */
export function checkSageMaker(client: ServiceQuotasClient): Promise<Finding> {
  // "ml.g4dn.xlarge for training job usage"
  const [service, code] = ["sagemaker", "L-3F53BF0F"];
  return ask("GPU (ml.g4dn.xlarge)", quotaPermissions, async () => {
    const limit = await readQuota(client, service, code);
    if (limit >= 1) return { state: "ok", found: `${limit} training jobs at once` };
    const advice = `${requestQuota(service, code, 1)}\nAWS answers within some days.`;
    return { state: "missing", found: "no training job is allowed, and the schedule trains there", advice };
  });
}
