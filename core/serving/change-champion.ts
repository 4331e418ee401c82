import { type Announce, type ChampionChange, isRecorded, readLedger, recordChange } from "../champion-ledger.ts";
import type { Deployment } from "../contracts/pipeline.ts";
import { NotFoundError } from "../errors.ts";
import { readModelVersion } from "../mlflow/artifacts.ts";
import { loadOnnxModel } from "../model/onnx-model.ts";
import { type PublishClients, publishChampion } from "./publish.ts";

export interface ChangeClients extends PublishClients {
  announce: Announce;
}

/**
 * Makes a version champion at a person's word, writes the ledger, and publishes it as the pipeline does. A version that
 * could not be served is rejected before anything changes. For the current champion, whatever an earlier attempt left
 * undone is done: the entry in the ledger, the publication, the API's reload.
 * @throws NotFoundError, InvalidModelError when the version cannot be served
 */
export async function changeChampion(
  change: Omit<ChampionChange, "from" | "at">,
  clients: ChangeClients,
): Promise<Deployment> {
  const { modelName, to } = change;
  const { mlflow } = clients;
  const version = await mlflow.registry.getVersion(modelName, to);
  if (!version) throw new NotFoundError(`${modelName} has no version ${to}. The command 'champion list' shows them.`);
  const { onnx } = await readModelVersion(clients.artifacts, version);
  await (await loadOnnxModel(onnx)).release();

  const before = (await mlflow.registry.getAlias(modelName, "champion"))?.version;
  if (before !== to) await mlflow.registry.setAlias(modelName, "champion", to);
  if (before !== to || !(await isRecorded(mlflow, modelName, to))) {
    const from = before === to ? (await readLedger(mlflow, modelName)).at(-1)?.to : before;
    const at = new Date().toISOString();
    await recordChange(mlflow, { ...change, ...(from !== undefined && { from }), at }, clients.announce);
  }
  return publishChampion(modelName, clients);
}
