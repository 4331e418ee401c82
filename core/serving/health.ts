import { healthResponse, type ServedModel } from "../contracts/predict.ts";
import { fetchJson } from "../http/request.ts";

/** Which model the API at this address serves. @throws Error when it is not healthy, or does not answer within 20 s */
export async function readServedModel(apiUrl: string): Promise<ServedModel> {
  const url = `${apiUrl.replace(/\/+$/, "")}/health`;
  return healthResponse.parse(await fetchJson(url, { timeout: 20_000 })).model;
}
