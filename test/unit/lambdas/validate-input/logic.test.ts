import { describe, expect, it } from "vitest";
import type { Strategy } from "../../../../core/contracts/execution.ts";
import { validateExecution } from "../../../../lambdas/validate-input/logic.ts";

const validate = (input: unknown, ...more: Strategy[]) =>
  validateExecution(input, { strategies: ["ecs", "kaggle", ...more], dataBucket: "data-of-the-stage" });

describe("validateExecution", () => {
  it("gives the input with its defaults", () => {
    expect(validate({})).toMatchObject({ strategy: "ecs", hyperparameters: { cnn: "compact" } });
  });

  it("gives the same when it is repeated on what it gave", () => {
    const once = validate({ runName: "again", hyperparameters: { epochs: 2 } });
    expect(validate(once)).toEqual(once);
  });

  it("takes strategy kaggle with a network of its own", () => {
    expect(validate({ strategy: "kaggle" })).toMatchObject({ hyperparameters: { cnn: "mobilenetv2" } });
  });

  it("rejects a backbone that Kaggle would not get and says what to do", () => {
    expect(() => validate({ strategy: "kaggle", backbone: "s3://models/backbone" })).toThrow(
      expect.objectContaining({ name: "InvalidInput", message: expect.stringMatching(/Leave 'backbone' out/) }),
    );
  });

  it("takes strategy sagemaker, with the notebook's networks, in a stage that has it", () => {
    const input = validate({ strategy: "sagemaker", hyperparameters: { cnn: "resnet50" } }, "sagemaker");
    expect(input).toMatchObject({ strategy: "sagemaker", hyperparameters: { cnn: "resnet50", batchSize: 12 } });
    expect(() => validate({ strategy: "sagemaker", hyperparameters: { cnn: "compact" } }, "sagemaker")).toThrow(
      "Strategy 'sagemaker' cannot train 'compact'. It trains mobilenetv2 and resnet50; for 'compact' use strategy 'ecs'.",
    );
  });

  it("rejects a strategy that the stage does not have, and says how to get it", () => {
    expect(() => validate({ strategy: "sagemaker" })).toThrow(
      expect.objectContaining({
        name: "InvalidInput",
        message:
          "This stage has no strategy 'sagemaker'. Use 'ecs' or 'kaggle', or add 'sagemaker' to the stage's " +
          "configuration and deploy it.",
      }),
    );
  });

  it("rejects a backbone that a training job would not get", () => {
    expect(() => validate({ strategy: "sagemaker", backbone: "s3://models/backbone" }, "sagemaker")).toThrow(
      /Strategy 'sagemaker' takes its backbones/,
    );
  });

  it.each(["s3://models/mobilenet", "s3://data-of-the-stage/datasets/x", "s3://data-of-the-stage-2/backbones/x"])(
    "rejects a backbone that the trainer's role may not read, and says where to put it: %s",
    (backbone) => {
      const input = { hyperparameters: { cnn: "mobilenet" }, backbone };
      expect(() => validate(input)).toThrow(
        expect.objectContaining({
          name: "InvalidInput",
          message: expect.stringMatching(/s3:\/\/data-of-the-stage\/backbones\/ .*backbone upload --stage/),
        }),
      );
    },
  );

  it.each(["s3://data-of-the-stage/backbones/mobilenet#sha256=ab", "https://host.example/mobilenet", "/a/folder"])(
    "takes a backbone that it may read: %s",
    (backbone) => {
      expect(validate({ hyperparameters: { cnn: "mobilenet" }, backbone }).backbone).toBe(backbone);
    },
  );
});
