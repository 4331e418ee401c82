import { startTrackingServer } from "../../../core/mlflow/start-server.ts";
import type { Progress } from "../../terminal/progress.ts";
import { connectServer } from "../mlflow/connect.ts";
import { connectStage, type Stage } from "../stage/connect.ts";

/** A registered model of a stage. */
export interface ModelOfStage {
  stage: string;
  model: string;
}

/** Connects to a stage and starts its MLflow, where it is scaled to zero. @throws NotFoundError saying what to start or deploy */
export async function openRegistry({ stage }: ModelOfStage, progress: Progress): Promise<Stage> {
  const connected = await connectStage(stage);
  progress.now("Starting MLflow (up to two minutes if it is scaled to zero)");
  await startTrackingServer(await connectServer(stage));
  progress.now("");
  return connected;
}
