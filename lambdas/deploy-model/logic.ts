import type { Deployment } from "../../core/contracts/pipeline.ts";
import { concludeRuns } from "../../core/run-tags.ts";
import { type PublishClients, publishChampion } from "../../core/serving/publish.ts";

/**
 * Publishes the champion and concludes the execution's runs.
 * @throws NotFoundError, InvalidModelError
 */
export async function deployModel(
  task: { executionArn: string; modelName: string },
  clients: PublishClients,
): Promise<Deployment> {
  const deployment = await publishChampion(task.modelName, clients);
  await concludeRuns(clients.mlflow, task.executionArn);
  return deployment;
}
