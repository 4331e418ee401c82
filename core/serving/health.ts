import { healthResponse, type ServedModel } from "../contracts/predict.ts";

/** Which model the API at this address serves. @throws Error when it is not healthy, or does not answer within 20 s */
export async function readServedModel(apiUrl: string): Promise<ServedModel> {
  const url = `${apiUrl.replace(/\/+$/, "")}/health`;
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return healthResponse.parse(await response.json()).model;
}
