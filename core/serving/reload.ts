import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ChampionManifest } from "../contracts/model.ts";
import { servedModel } from "../contracts/predict.ts";
import { errorMessage } from "../errors.ts";
import type { Fetch } from "../mlflow/http.ts";

const reloaded = z.object({ model: servedModel });

/**
 * Has the API reload its model, and makes sure that it serves the one of the manifest: a few tries, since an instance may
 * still be starting. `waits`: milliseconds before each further try.
 * @throws Error saying what the last answer was
 */
export async function reloadApi(
  apiUrl: string,
  fetch: Fetch,
  manifest: ChampionManifest,
  waits: readonly number[] = [500, 1000, 2000],
): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      const served = await askToReload(apiUrl, fetch);
      if (served.sha256 === manifest.sha256 && served.version === manifest.version) {
        return `The API serves version ${served.version} of ${served.name}.`;
      }
      throw new Error(`it serves version ${served.version}, not ${manifest.version}`);
    } catch (error) {
      const wait = waits[attempt];
      if (wait === undefined) throw error;
      await sleep(wait);
    }
  }
}

async function askToReload(apiUrl: string, fetch: Fetch) {
  const url = `${apiUrl.replace(/\/+$/, "")}/reload-model`;
  const response = await fetch(url, { method: "POST", signal: AbortSignal.timeout(20_000) }).catch((cause: unknown) => {
    throw new Error(`${url} does not answer: ${errorMessage(cause)}`, { cause });
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text.slice(0, 500)}`);
  return reloaded.parse(JSON.parse(text)).model;
}
