import { describe, expect, it } from "vitest";
import { checkBackbone, validateInput } from "../../../../core/contracts/execution.ts";

describe("validateInput", () => {
  it("fills in the defaults of the network, so that the execution shows them", () => {
    const input = validateInput({ hyperparameters: { epochs: 3 } });
    expect(input).toMatchObject({ strategy: "ecs", newData: true, modelName: "avocado-model" });
    expect(input.hyperparameters).toEqual({
      cnn: "compact",
      learningRate: 0.002,
      batchSize: 32,
      epochs: 3,
      optimizer: "adam",
      finetuneDepth: 0,
      seed: 42,
    });
  });

  it("keeps a valid input as it is when checked twice", () => {
    const once = validateInput({ strategy: "kaggle", hyperparameters: { cnn: "resnet50" } });
    expect(validateInput(once)).toEqual(once);
  });

  it("rejects a network that the strategy cannot train and says which can", () => {
    expect(() => validateInput({ strategy: "ecs", hyperparameters: { cnn: "resnet50" } })).toThrow(
      "Strategy 'ecs' cannot train 'resnet50'. It trains compact and mobilenet; for 'resnet50' use strategy 'kaggle'.",
    );
  });

  it("rejects a pretrained network without a backbone, and says how to get one", () => {
    const hyperparameters = { cnn: "mobilenet" };
    expect(() => validateInput({ hyperparameters })).toThrow(/command 'backbone download'.*backbone=<folder/);
    expect(validateInput({ hyperparameters, backbone: "s3://models/mobilenet" }).backbone).toBe(
      "s3://models/mobilenet",
    );
  });

  it("names every wrong field at once", () => {
    const wrong = () => validateInput({ strateg: "ecs", hyperparameters: { epochs: 0, learningRate: "fast" } });
    for (const field of [/strateg/, /learningRate/, /epochs/]) expect(wrong).toThrow(field);
  });

  it.each(["kaggle", "sagemaker"])(
    "rejects a backbone that strategy '%s' would not get, and says what to do",
    (strategy) => {
      expect(() => validateInput({ strategy, backbone: "s3://models/backbone" })).toThrow(
        expect.objectContaining({
          name: "InvalidInput",
          message: expect.stringMatching(`Strategy '${strategy}' takes its backbones .* Leave 'backbone' out`),
        }),
      );
    },
  );
});

describe("data", () => {
  it.each(["avocados.zip", "2024/", "s3://their-photographs/2024/avocados.zip", "s3://their-photographs/"])(
    "may be %s",
    (data) => {
      expect(validateInput({ data }).data).toBe(data);
    },
  );

  it.each(["https://example.com/avocados.zip", "s3://their-photographs", "s3:///avocados.zip", "file:///etc/passwd"])(
    "may not be %s",
    (data) => {
      expect(() => validateInput({ data })).toThrow("a key of the raw bucket, or s3://bucket/key");
    },
  );
});

describe("checkBackbone", () => {
  it.each(["s3://models/mobilenet", "s3://data/datasets/x", "s3://data-2/backbones/x"])(
    "rejects %s, which the trainer's role may not read",
    (backbone) => {
      expect(() => checkBackbone(backbone, "data")).toThrow(/below s3:\/\/data\/backbones\/ .*backbone upload --stage/);
    },
  );

  it.each([undefined, "s3://data/backbones/mobilenet#sha256=ab", "https://host.example/mobilenet", "/a/folder"])(
    "takes %s",
    (backbone) => {
      expect(() => checkBackbone(backbone, "data")).not.toThrow();
    },
  );
});
