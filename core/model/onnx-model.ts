import { InferenceSession, Tensor } from "onnxruntime-node";
import { imageBytes, imageSize, type StorageGroup, storageGroups } from "../contracts/dataset.ts";
import { errorMessage, InvalidModelError } from "../errors.ts";

// Official builds of ONNX Runtime report models and sessions to Microsoft unless this is set before the first session.
// biome-ignore lint/style/noProcessEnv: it takes this in no other way, and callers that load a model need not set it
process.env.ORT_DISABLE_TELEMETRY = "1";

interface TensorContract {
  type: string;
  /** Dimensions after the batch. */
  dimensions: number[];
}

const inputs: Record<string, TensorContract> = {
  image: { type: "uint8", dimensions: [imageSize, imageSize, 3] },
  condition: { type: "float32", dimensions: [storageGroups.length] },
};
const outputs: Record<string, TensorContract> = { days: { type: "float32", dimensions: [1] } };

/** A loaded model that keeps the contract of inputs and outputs. */
export type OnnxModel = InferenceSession;

/**
 * Loads an ONNX graph. `threads` bounds the cores that one inference uses (default: all).
 * @throws InvalidModelError when it is not an ONNX graph or does not keep the contract
 */
export async function loadOnnxModel(bytes: Uint8Array, options: { threads?: number } = {}): Promise<OnnxModel> {
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(bytes, {
      logSeverityLevel: 3,
      // Threads that wait for their next part of a graph by spinning take the core from decoding, from other requests, and
      // from a Lambda's share: a third more processor time for an answer on a busy machine (docs/benchmarks.md).
      extra: { session: { intra_op: { allow_spinning: "0" } } },
      ...(options.threads && { intraOpNumThreads: options.threads }),
    });
  } catch (error) {
    throw new InvalidModelError(`The model cannot be read as an ONNX graph: ${errorMessage(error)}`, { cause: error });
  }
  const problems = [
    ...contractProblems("input", inputs, session.inputMetadata, true),
    ...contractProblems("output", outputs, session.outputMetadata, false),
  ];
  if (problems.length === 0) return session;
  await session.release();
  throw new InvalidModelError(`The model does not keep the contract: ${problems.join("; ")}`);
}

/**
 * Loads a graph and asks it once: what cannot answer is found out before it serves, and the first caller does not wait for it.
 * @throws InvalidModelError
 */
export async function loadVerifiedModel(bytes: Uint8Array, options: { threads?: number } = {}): Promise<OnnxModel> {
  const model = await loadOnnxModel(bytes, options);
  try {
    const [days] = await predictDays(model, [new Uint8Array(imageBytes)], ["T20"]);
    if (!Number.isFinite(days)) throw new Error(`it predicts ${days} days`);
    return model;
  } catch (cause) {
    await model.release();
    throw new InvalidModelError(`The model does not answer: ${errorMessage(cause)}`, { cause });
  }
}

function contractProblems(
  kind: string,
  contract: Record<string, TensorContract>,
  found: readonly InferenceSession.ValueMetadata[],
  complete: boolean,
): string[] {
  const problems: string[] = [];
  for (const [name, { type, dimensions }] of Object.entries(contract)) {
    const value = found.find((metadata) => metadata.name === name);
    const wanted = `${type} [N,${dimensions}]`;
    if (!value?.isTensor) {
      problems.push(`${kind} '${name}' (${wanted}) is missing`);
      continue;
    }
    const [batch, ...rest] = value.shape;
    const fits = value.type === type && typeof batch !== "number" && rest.join() === dimensions.join();
    if (!fits) problems.push(`${kind} '${name}' is ${value.type} [${value.shape}], not ${wanted}`);
  }
  const unknown = complete ? found.filter(({ name }) => !contract[name]) : [];
  return [...problems, ...unknown.map(({ name }) => `${kind} '${name}' is not known`)];
}

/**
 * Days left for each photograph, in one inference. `images`: 224 x 224 RGB, uint8 each; `groups`: how each is stored.
 * A graph may predict below 0: the caller of the API clamps.
 */
export async function predictDays(
  model: OnnxModel,
  images: readonly Uint8Array[],
  groups: readonly StorageGroup[],
): Promise<number[]> {
  if (images.length !== groups.length) throw new RangeError(`${images.length} images but ${groups.length} groups`);
  const n = images.length;
  if (n === 0) return [];
  const pixels = new Uint8Array(n * imageBytes);
  const condition = new Float32Array(n * storageGroups.length);
  for (const [i, image] of images.entries()) {
    if (image.length !== imageBytes) throw new RangeError(`Image ${i} has ${image.length} bytes, not ${imageBytes}`);
    pixels.set(image, i * imageBytes);
    condition[i * storageGroups.length + storageGroups.indexOf(groups[i] as StorageGroup)] = 1;
  }
  const { days } = await model.run(
    {
      image: new Tensor("uint8", pixels, [n, imageSize, imageSize, 3]),
      condition: new Tensor("float32", condition, [n, storageGroups.length]),
    },
    ["days"],
  );
  return Array.from(days?.data as Float32Array);
}
