import { createRequire } from "node:module";
import util from "node:util";
import type * as Tensorflow from "@tensorflow/tfjs-node";

// tfjs-node 4 calls a function that Node 23 removed; it must be back before the package loads.
const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean };
legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
// Still there, but each process would warn of it.
legacy.isArray = Array.isArray;

// The native library reports every CPU feature on standard error unless told otherwise.
process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";

/** TensorFlow.js on the native library. Nothing else imports `@tensorflow/*`. */
export const tf = createRequire(import.meta.url)("@tensorflow/tfjs-node") as typeof Tensorflow;
export type { Tensorflow };
