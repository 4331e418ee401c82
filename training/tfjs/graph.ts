import { type Tensorflow, tf } from "./tensorflow.ts";

type Symbolic = Tensorflow.SymbolicTensor;
type Layer = Tensorflow.layers.Layer;

/**
 * Computes a tensor of a model from other inputs than its own, with the same layers and weights. `replaced`: what stands
 * for which tensor, by id; it must hold all that the tensor comes from, and gets what is made on the way.
 */
export function rebuild(tensor: Symbolic, replaced: Map<number, Symbolic>): Symbolic {
  const known = replaced.get(tensor.id);
  if (known) return known;
  if (tensor.inputs.length === 0) throw new RangeError(`'${tensor.name}' depends on an input that nothing stands for`);
  const inputs = tensor.inputs.map((input) => rebuild(input, replaced));
  const made = tensor.sourceLayer.apply(inputs.length === 1 ? (inputs[0] as Symbolic) : inputs) as Symbolic;
  replaced.set(tensor.id, made);
  return made;
}

/** The tensors of a picture that no learning layer has touched and that learning layers, or what follows them, take. */
export function findFeatureTaps(model: Tensorflow.LayersModel, learning: ReadonlySet<Layer>): Symbolic[] {
  const [output] = model.outputs as [Symbolic];
  const [, condition] = model.inputs;
  const learnt = new Map<number, boolean>();
  const taps = new Map<number, Symbolic>();
  const visit = (tensor: Symbolic): boolean => {
    const known = learnt.get(tensor.id);
    if (known !== undefined) return known;
    const inputs = tensor.inputs.map(visit);
    const changes = learning.has(tensor.sourceLayer) || inputs.includes(true);
    learnt.set(tensor.id, changes);
    if (!changes) return false;
    for (const [i, input] of tensor.inputs.entries()) if (!inputs[i] && input !== condition) taps.set(input.id, input);
    return true;
  };
  visit(output);
  return [...taps.values()];
}

/** What comes behind the taps, with the same weights: they are its first inputs, the model's condition is its last. */
export function tailOf(model: Tensorflow.LayersModel, taps: readonly Symbolic[]): Tensorflow.LayersModel {
  const replaced = new Map<number, Symbolic>();
  const inputs = [...taps, model.inputs[1] as Symbolic].map((tap) => {
    const input = tf.input({ shape: tap.shape.slice(1) });
    replaced.set(tap.id, input);
    return input;
  });
  return tf.model({ inputs, outputs: rebuild(model.outputs[0] as Symbolic, replaced) });
}
