import type { Dataset } from "../../core/dataset/open.ts";
import { InvalidDatasetError } from "../../core/errors.ts";
import type { OnnxModel } from "../../core/model/onnx-model.ts";
import { labelledOfShard, predictAll } from "../../core/model/score.ts";
import type { StagedPhotograph } from "../../core/plots/plots.ts";

/**
 * What models say of the labelled test photographs of a dataset: each shard is read once and seen by all of them.
 * @throws InvalidDatasetError when no test photograph carries a label
 */
export async function scoreTogether(dataset: Dataset, models: readonly OnnxModel[]): Promise<StagedPhotograph[][]> {
  const scored: StagedPhotograph[][] = models.map(() => []);
  for await (const shard of dataset.shards("test")) {
    for (const [i, model] of models.entries()) scored[i]?.push(...(await predictAll(model, labelledOfShard(shard))));
  }
  if (scored.some(({ length }) => length === 0)) {
    const { version } = dataset.summary;
    throw new InvalidDatasetError(
      `No test photograph of dataset ${version} carries a label, so no model can be judged`,
    );
  }
  return scored;
}
