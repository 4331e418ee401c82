import type { OnnxModel } from "../core/model/onnx-model.ts";

/**
 * Counts who uses a model, so that one that was replaced is freed when the last request that began with it has ended, and
 * not before. ONNX Runtime's memory is its own: the garbage collector does not see how much waits for it.
 */
export class ModelUses {
  private readonly counts = new Map<OnnxModel, number>();
  private readonly replaced = new Set<OnnxModel>();

  /** Keeps the model for as long as `run` takes. */
  async during<T>(model: OnnxModel, run: () => Promise<T>): Promise<T> {
    this.count(model, 1);
    try {
      return await run();
    } finally {
      this.count(model, -1);
      await this.freeUnused(model);
    }
  }

  /** Frees the model, now or when its last use ends. */
  async replace(model: OnnxModel): Promise<void> {
    this.replaced.add(model);
    await this.freeUnused(model);
  }

  private count(model: OnnxModel, change: 1 | -1): void {
    this.counts.set(model, (this.counts.get(model) ?? 0) + change);
  }

  private async freeUnused(model: OnnxModel): Promise<void> {
    if (this.counts.get(model)) return;
    this.counts.delete(model);
    if (this.replaced.delete(model)) await model.release();
  }
}
