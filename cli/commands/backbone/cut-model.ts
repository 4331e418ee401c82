import { z } from "zod";
import { DownloadError } from "../../download/download-file.ts";

const node = z.tuple([z.string()]).rest(z.unknown());
const layer = z.looseObject({ name: z.string(), inbound_nodes: z.array(z.array(node)) });
const weight = z.object({
  name: z.string(),
  shape: z.array(z.int().positive()),
  dtype: z.literal("float32", "only weights of float32 that are not quantised can be read"),
  quantization: z.undefined("only weights that are not quantised can be read").optional(),
});

/** `model.json` of a layers model, as far as it matters here. */
export const publishedModel = z.looseObject({
  modelTopology: z.looseObject({
    model_config: z.looseObject({
      config: z.looseObject({ layers: z.array(layer).min(1), output_layers: z.array(node) }),
    }),
  }),
  weightsManifest: z.array(
    z.object({ paths: z.array(z.string().regex(/^[\w./-]+$/)).min(1), weights: z.array(weight).min(1) }),
  ),
});
export type PublishedModel = z.infer<typeof publishedModel>;

export interface Weight extends z.infer<typeof weight> {
  bytes: Uint8Array;
}

/** Bytes of a weight of float32. */
export function weightBytes({ shape }: { shape: readonly number[] }): number {
  return shape.reduce((product, side) => product * side, 4);
}

/** Names of the layers that lead to the given one, itself included. @throws DownloadError when there is no such layer */
export function cutLayers(model: PublishedModel, last: string): Set<string> {
  const { layers } = model.modelTopology.model_config.config;
  const byName = new Map(layers.map((found) => [found.name, found]));
  const kept = new Set<string>();
  const waiting = [last];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (kept.has(name)) continue;
    const found = byName.get(name);
    if (!found) throw new DownloadError(`The network has no layer '${name}': it is not the one that is expected.`);
    kept.add(name);
    waiting.push(...found.inbound_nodes.flat().map(([input]) => input));
  }
  return kept;
}

/** `model.json` of the network that ends with layer `last`, its weights in one file. */
export function cutModel(
  model: PublishedModel,
  last: string,
  kept: ReadonlySet<string>,
  weights: readonly Weight[],
): PublishedModel {
  const { modelTopology } = model;
  const { config } = modelTopology.model_config;
  const layers = config.layers.filter(({ name }) => kept.has(name));
  const cut = { ...config, layers, output_layers: [[last, 0, 0] as [string, ...unknown[]]] };
  return {
    ...model,
    modelTopology: { ...modelTopology, model_config: { ...modelTopology.model_config, config: cut } },
    weightsManifest: [{ paths: ["weights.bin"], weights: weights.map(({ bytes: _, ...described }) => described) }],
  };
}
