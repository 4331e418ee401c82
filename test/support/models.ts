import { readFileSync } from "node:fs";
import type { ModelSidecar } from "../../core/contracts/model.ts";

/** The bias in `tiny.onnx`, as `make-tiny-onnx.py` wrote it. */
const placeholder = Buffer.alloc(4);
placeholder.writeFloatLE(12345.678);

/**
 * The smallest model that keeps the contract: mean(image) / 25.5, plus 2 days at T10 and 1 day at ambient, plus `bias`.
 */
export function tinyModel(bias: number): Uint8Array {
  const onnx = readFileSync(new URL("../fixtures/tiny.onnx", import.meta.url));
  onnx.writeFloatLE(bias, onnx.indexOf(placeholder));
  return onnx;
}

/** What is known of such a model. */
export function tinySidecar(change: Partial<ModelSidecar> = {}): ModelSidecar {
  return {
    name: "avocado-model",
    framework: "by hand",
    network: "compact",
    datasetVersion: "0123456789abcdef",
    source: "made-up",
    trainingFruits: ["1", "2"],
    hyperparameters: { cnn: "compact" },
    metrics: { val_mse: 1.5 },
    exportMaxDifferenceDays: 0,
    createdAt: "2026-03-01T10:00:00.000Z",
    ...change,
  };
}
