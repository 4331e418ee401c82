import type { Finding } from "../finding.ts";
import { type Contact, tryOut } from "./contact.ts";

/** Whether the credentials are good, and how much of a GPU's time they have. */
export async function examineAccount({ kaggle, credentials, gpu }: Contact): Promise<Finding[]> {
  const token = await tryOut("token", async () => {
    await kaggle.checkAccess();
    if ("token" in credentials) return { state: "ok", found: `good, of ${credentials.username}` };
    return {
      state: "ok",
      found: `a key of ${credentials.username}, which Kaggle tells nothing about: what follows shows it`,
    };
  });
  if (token.state === "missing") return [token];
  const quota = await tryOut("GPU time", async () => {
    const { usedHours, totalHours, renewed } = await kaggle.readGpuQuota();
    if (totalHours === 0) return { state: "warning", found: "Kaggle does not say how much there is" };
    const found = `${usedHours.toFixed(1)} of ${totalHours.toFixed(1)} hours used${renewed ? `, renewed on ${renewed}` : ""}`;
    if (usedHours < totalHours) return { state: "ok", found };
    const advice = "Strategy 'kaggle' cannot train until it is renewed.";
    return { state: gpu ? "missing" : "warning", found, advice };
  });
  return [token, quota];
}
