import type { Progress } from "../../terminal/progress.ts";
import { rotate } from "./rotate.ts";
import { rotateKaggle } from "./rotate-kaggle.ts";
import { rotateMaster } from "./rotate-master.ts";
import { connectTransferStage } from "./transfer/connect.ts";
import { exportStage } from "./transfer/export.ts";
import { type ImportOptions, importStage } from "./transfer/import.ts";

/** How each secret of a stage is changed. */
export const rotations = { mlflow: rotate, master: rotateMaster, kaggle: rotateKaggle };

/** Connects to a stage and exports it. @throws NotFoundError when it is not deployed */
export async function exportTo(
  stage: string,
  options: { to: string; yes: boolean },
  progress: Progress,
): Promise<void> {
  await exportStage(await connectTransferStage(stage), options, progress);
}

/** Connects to a stage and imports into it. @throws NotFoundError when it is not deployed */
export async function importFrom(stage: string, options: ImportOptions, progress: Progress): Promise<void> {
  await importStage(await connectTransferStage(stage), options, progress);
}
