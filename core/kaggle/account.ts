import { z } from "zod";
import { optionalText } from "./answer.ts";
import type { KaggleCredentials } from "./credentials.ts";
import { KaggleError } from "./errors.ts";
import type { KaggleHttp } from "./http.ts";

const introspected = z.object({ active: z.boolean().nullish(), username: optionalText });
/** Such as `3600s`. */
const duration = z
  .string()
  .nullish()
  .transform((text) => Number.parseFloat(text ?? "") || 0);
const quota = z.object({
  quotaRefreshTime: optionalText,
  gpuQuota: z.object({ timeUsed: duration, timeReserved: duration, totalTimeAllowed: duration }).nullish(),
});

/**
 * Is the token good, and its owner's name the configured one? With a wrong one Kaggle would only say that there is no such
 * dataset. Keys cannot be asked about. @throws KaggleError, TransientError
 */
export async function checkAccess(http: KaggleHttp, credentials: KaggleCredentials): Promise<void> {
  if (!("token" in credentials)) return;
  const method = "security.OAuthService/IntrospectToken";
  const { active, username } = await http.call(method, { token: credentials.token }, introspected);
  if (!active) throw new KaggleError(method, 401, "the token is not valid any more");
  if (username && username.toLowerCase() !== credentials.username.toLowerCase()) {
    const other = `the token is ${username}'s, not ${credentials.username}'s: set KAGGLE_USERNAME to its owner`;
    throw new KaggleError(method, 403, other);
  }
}

/** GPU time of this week. */
export interface GpuQuota {
  /** With what is reserved for sessions that run. */
  usedHours: number;
  /** 0 where Kaggle does not say. */
  totalHours: number;
  /** When it is renewed, as Kaggle writes it; empty where it does not say. */
  renewed: string;
}

const method = "kernels.KernelsApiService/GetAcceleratorQuotaStatistics";

/** How much GPU time the account has. @throws KaggleError, TransientError */
export async function readGpuQuota(http: KaggleHttp): Promise<GpuQuota> {
  const { gpuQuota, quotaRefreshTime: renewed } = await http.call(method, {}, quota);
  const { timeUsed = 0, timeReserved = 0, totalTimeAllowed = 0 } = gpuQuota ?? {};
  return { usedHours: (timeUsed + timeReserved) / 3600, totalHours: totalTimeAllowed / 3600, renewed };
}

/** Is there GPU time left this week? A push without it would leave a kernel that is in the way. @throws KaggleError, TransientError */
export async function checkGpuQuota(http: KaggleHttp): Promise<void> {
  const { usedHours, totalHours, renewed } = await readGpuQuota(http);
  if (totalHours === 0 || usedHours < totalHours) return;
  const when = renewed ? ` Kaggle renews it on ${renewed}.` : "";
  throw new KaggleError(method, 200, `the GPU quota of this week is used up, ${Math.round(totalHours)} hours.${when}`);
}
