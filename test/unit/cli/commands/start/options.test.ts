import { describe, expect, it } from "vitest";
import { readOptions, type StartValues } from "../../../../../cli/commands/start/options.ts";

const read = (values: Partial<StartValues>) =>
  readOptions({ set: {}, ...values }, (sentence) => {
    throw new Error(sentence);
  });

describe("readOptions", () => {
  it("runs the sample until Ctrl-C by default", () => {
    expect(read({})).toEqual({ once: false, reset: false, input: {} });
  });

  it("trains on the local Kaggle from scratch by default, for nothing need be downloaded", () => {
    expect(read({ strategy: "kaggle" })).toMatchObject({
      input: { strategy: "kaggle" },
      kaggle: { service: "local", tunnel: false, weights: "none" },
    });
  });

  it("trains on the real Kaggle with ImageNet weights by default", () => {
    expect(read({ set: { strategy: "kaggle" }, kaggle: "real", tunnel: true })).toMatchObject({
      kaggle: { service: "real", tunnel: true, weights: "imagenet" },
    });
  });

  it("trains on the local SageMaker from scratch by default", () => {
    expect(read({ strategy: "sagemaker" }).sagemaker).toEqual({ weights: "none" });
    expect(read({ strategy: "sagemaker", weights: "imagenet" }).sagemaker).toEqual({ weights: "imagenet" });
  });

  it.each<[Partial<StartValues>, RegExp]>([
    [{ kaggle: "real" }, /--kaggle: only with --strategy kaggle/],
    [{ strategy: "ecs", tunnel: true }, /--tunnel: only with --strategy kaggle/],
    [{ weights: "none" }, /--weights: only with --strategy kaggle or sagemaker/],
    [{ strategy: "kaggle", tunnel: true }, /--tunnel: only with --kaggle real/],
  ])("rejects %j", (values, message) => {
    expect(() => read(values)).toThrow(message);
  });
});
