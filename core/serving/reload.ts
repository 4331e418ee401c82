import { z } from "zod";
import type { ChampionManifest } from "../contracts/model.ts";
import { servedModel } from "../contracts/predict.ts";
import { type Fetch, fetchJson } from "../http/request.ts";
import { type RetryPolicy, retry } from "../http/retry.ts";

const reloaded = z.object({ model: servedModel });

/**
 * Has the API reload its model, and makes sure that it serves the one of the manifest: a few tries, since an instance may
 * still be starting.
 * @throws Error saying what the last answer was
 */
export function reloadApi(
  apiUrl: string,
  fetch: Fetch,
  manifest: ChampionManifest,
  policy: RetryPolicy = { maxAttempts: 4, initialInterval: 400 },
): Promise<string> {
  const url = `${apiUrl.replace(/\/+$/, "")}/reload-model`;
  const reload = async () => {
    const served = reloaded.parse(await fetchJson(url, { method: "POST", fetch, timeout: 20_000 })).model;
    if (served.sha256 === manifest.sha256 && served.version === manifest.version) {
      return `The API serves version ${served.version} of ${served.name}.`;
    }
    throw new Error(`it serves version ${served.version}, not ${manifest.version}`);
  };
  return retry(reload, policy, { shouldRetry: () => true });
}
