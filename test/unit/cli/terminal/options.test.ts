import { describe, expect, it } from "vitest";
import { parseSettings, parseStartOptions } from "../../../../cli/terminal/options.ts";

describe("parseSettings", () => {
  it("nests dotted keys and takes JSON values as such", () => {
    expect(parseSettings(["hyperparameters.epochs=5", "hyperparameters.optimizer=sgd", "newData=false"])).toEqual({
      hyperparameters: { epochs: 5, optimizer: "sgd" },
      newData: false,
    });
  });

  it("keeps an equals sign inside the value", () => {
    expect(parseSettings(["runName=a=b"])).toEqual({ runName: "a=b" });
  });

  it.each(["epochs", "=5", ".a=1"])("says how to write the setting '%s'", (setting) => {
    expect(() => parseSettings([setting])).toThrow(`--set '${setting}': write key=value`);
  });
});

describe("parseStartOptions", () => {
  it("runs the sample until Ctrl-C by default", () => {
    expect(parseStartOptions([])).toEqual({ once: false, reset: false, input: {} });
  });

  it("trains on the local Kaggle from scratch by default, for nothing need be downloaded", () => {
    expect(parseStartOptions(["--strategy", "kaggle"])).toMatchObject({
      input: { strategy: "kaggle" },
      kaggle: { service: "local", tunnel: false, weights: "none" },
    });
  });

  it("trains on the real Kaggle with ImageNet weights by default", () => {
    expect(parseStartOptions(["--set", "strategy=kaggle", "--kaggle", "real", "--tunnel"])).toMatchObject({
      kaggle: { service: "real", tunnel: true, weights: "imagenet" },
    });
  });

  it.each([
    [["--kaggle", "real"], /--kaggle: only with --strategy kaggle/],
    [["--strategy", "ecs", "--tunnel"], /--tunnel: only with --strategy kaggle/],
    [["--strategy", "kaggle", "--kaggle", "cloud"], /--kaggle 'cloud': write local or real/],
    [["--strategy", "kaggle", "--weights", "random"], /--weights 'random': write imagenet or none/],
    [["--strategy", "kaggle", "--tunnel"], /--tunnel: only with --kaggle real/],
  ])("rejects %j", (args, message) => {
    expect(() => parseStartOptions(args)).toThrow(message);
  });

  it("answers an unknown option with the usage", () => {
    expect(() => parseStartOptions(["--onse"])).toThrow(/--onse[\s\S]*--once {15}run one execution/);
  });
});
