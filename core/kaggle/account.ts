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
 * data set. Keys cannot be asked about. @throws KaggleError, TransientError
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

/** Is there GPU time left this week? A push without it would leave a kernel that is in the way. @throws KaggleError, TransientError */
export async function checkGpuQuota(http: KaggleHttp): Promise<void> {
  const method = "kernels.KernelsApiService/GetAcceleratorQuotaStatistics";
  const { gpuQuota, quotaRefreshTime } = await http.call(method, {}, quota);
  const { timeUsed = 0, timeReserved = 0, totalTimeAllowed = 0 } = gpuQuota ?? {};
  if (totalTimeAllowed === 0 || timeUsed + timeReserved < totalTimeAllowed) return;
  const renewed = quotaRefreshTime ? ` Kaggle renews it on ${quotaRefreshTime}.` : "";
  const used = `the GPU quota of this week is used up, ${Math.round(totalTimeAllowed / 3600)} hours.${renewed}`;
  throw new KaggleError(method, 200, used);
}
