import { rejectSeenFruits } from "../../core/champion.ts";
import { bootstrapVersion } from "../../core/contracts/model.ts";
import type { Dataset } from "../../core/dataset/open.ts";
import { InvalidModelError, NotFoundError } from "../../core/errors.ts";
import { type ArtifactBucket, readModelVersion } from "../../core/mlflow/artifacts.ts";
import type { ModelVersion } from "../../core/mlflow/registry.ts";
import type { ModelFolder } from "../../core/model/folder.ts";
import { loadOnnxModel, type OnnxModel } from "../../core/model/onnx-model.ts";

/** A model that is judged. */
export interface Candidate {
  scored: { version: string; runId?: string };
  /** Makes it ready for the test photographs. @throws InvalidModelError, NotFoundError */
  load(dataset: Dataset): Promise<OnnxModel>;
}

export function challengerFrom(challenger: ModelVersion, artifacts: ArtifactBucket): Candidate {
  const { name, version, runId } = challenger;
  const who = `The challenger, version ${version} of ${name},`;
  return {
    scored: { version, runId },
    load: async (dataset) => prepare(await readModelVersion(artifacts, challenger), who, dataset),
  };
}

/** A champion that cannot be judged stays champion: replacing it unjudged could make the service worse. */
export function championFrom(champion: ModelVersion, artifacts: ArtifactBucket): Candidate {
  const { name, version, runId } = champion;
  const who = `The champion, version ${version} of ${name},`;
  const load = async (dataset: Dataset) => {
    try {
      return await prepare(await readModelVersion(artifacts, champion), who, dataset);
    } catch (cause) {
      if (!(cause instanceof NotFoundError || cause instanceof InvalidModelError)) throw cause;
      throw new InvalidModelError(
        `${who} cannot be compared with, and stays champion: ${cause.message}. Repair it, or move or delete the alias ` +
          "'champion' in MLflow, then start the execution again.",
        { cause },
      );
    }
  };
  return { scored: { version, runId }, load };
}

/** What the API serves before there is a champion. */
export function bootstrapFrom(bootstrap: ModelFolder): Candidate {
  return {
    scored: { version: bootstrapVersion },
    load: (dataset) => prepare(bootstrap, "The bootstrap model", dataset),
  };
}

function prepare({ onnx, sidecar }: ModelFolder, who: string, dataset: Dataset): Promise<OnnxModel> {
  const fruits = dataset.rows.filter(({ split }) => split === "test").map(({ sample }) => sample);
  rejectSeenFruits(sidecar, { source: dataset.summary.source.source, fruits }, who);
  return loadOnnxModel(onnx);
}
