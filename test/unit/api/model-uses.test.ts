import { beforeEach, expect, it, vi } from "vitest";
import { ModelUses } from "../../../api/model-uses.ts";
import type { OnnxModel } from "../../../core/model/onnx-model.ts";

let uses: ModelUses;
let release: ReturnType<typeof vi.fn>;
let model: OnnxModel;

beforeEach(() => {
  uses = new ModelUses();
  release = vi.fn(async () => undefined);
  model = { release } as unknown as OnnxModel;
});

it("frees a replaced model at once when nobody uses it", async () => {
  await uses.replace(model);
  expect(release).toHaveBeenCalledOnce();
});

it("frees a replaced model when its last use has ended, and not before", async () => {
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const running = [uses.during(model, () => first.promise), uses.during(model, () => second.promise)];
  await uses.replace(model);
  first.resolve();
  await running[0];
  expect(release).not.toHaveBeenCalled();
  second.resolve();
  await running[1];
  expect(release).toHaveBeenCalledOnce();
});

it("frees it too when the last use fails", async () => {
  const use = Promise.withResolvers<void>();
  const running = uses.during(model, () => use.promise);
  await uses.replace(model);
  use.reject(new Error("no photograph"));
  await expect(running).rejects.toThrow("no photograph");
  expect(release).toHaveBeenCalledOnce();
});

it("keeps a model that was not replaced", async () => {
  await uses.during(model, async () => undefined);
  expect(release).not.toHaveBeenCalled();
});
