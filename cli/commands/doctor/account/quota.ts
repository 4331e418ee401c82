import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  type ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import { isAbsent } from "../ask.ts";

/** Permissions that `readQuota` takes. */
export const quotaPermissions = "servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota";

/** A quota of the account, or AWS's default where the account has no value of its own: AWS answers "no such resource" then. */
export async function readQuota(client: ServiceQuotasClient, service: string, code: string): Promise<number> {
  const name = { ServiceCode: service, QuotaCode: code };
  try {
    return (await client.send(new GetServiceQuotaCommand(name))).Quota?.Value ?? 0;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return (await client.send(new GetAWSDefaultServiceQuotaCommand(name))).Quota?.Value ?? 0;
  }
}

/** The command that requests a larger quota. */
export function requestQuota(service: string, code: string, value: number): string {
  const names = `--service-code ${service} --quota-code ${code} --desired-value ${value}`;
  return `aws service-quotas request-service-quota-increase ${names}`;
}
