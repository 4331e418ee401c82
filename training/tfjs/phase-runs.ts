import type { TrainingJob } from "../../core/contracts/training.ts";
import { equals } from "../../core/mlflow/filter.ts";
import type { Runs } from "../../core/mlflow/runs.ts";
import { runTags } from "../../core/run-tags.ts";

/** The MLflow runs of a training's phases: children of the training's own run. */
export interface PhaseRuns {
  /** Id of a phase's run, which is made when it is first asked for; a training done again finds those it made before. */
  open(phase: string): Promise<string>;
  /** Ends them, and says on each and on their parent which phase became the model version. */
  conclude(chosen: string | undefined): Promise<void>;
}

/** The phases of the training that a job describes. */
export function createPhaseRuns(
  runs: Runs,
  { runId, experimentId, executionArn, datasetVersion, input }: TrainingJob,
): PhaseRuns {
  const opened = new Map<string, string>();
  const parentTag = "mlflow.parentRunId";

  const open = async (phase: string): Promise<string> => {
    const ofPhase = [equals(`tags.\`${parentTag}\``, runId), equals(`tags.\`${runTags.phase}\``, phase)];
    const [earlier] = await runs.search([experimentId], ofPhase.join(" and "));
    if (earlier) {
      await runs.update(earlier.runId, "RUNNING");
      return earlier.runId;
    }
    const parent = await runs.get(runId);
    const made = await runs.create(experimentId, `${parent?.runName ?? runId} ${phase}`, {
      [parentTag]: runId,
      [runTags.phase]: phase,
      [runTags.execution]: executionArn,
      [runTags.strategy]: input.strategy,
      [runTags.datasetVersion]: datasetVersion,
      [runTags.network]: input.hyperparameters.cnn,
    });
    await runs.log(made.runId, { params: { ...input.hyperparameters, phase } });
    return made.runId;
  };
  return {
    async open(phase) {
      const id = opened.get(phase) ?? (await open(phase));
      opened.set(phase, id);
      return id;
    },
    async conclude(chosen) {
      for (const [phase, id] of opened) {
        await runs.log(id, { tags: { [runTags.chosen]: String(phase === chosen) } });
        await runs.update(id, "FINISHED");
      }
      if (chosen) await runs.setTag(runId, runTags.phase, chosen);
    },
  };
}
