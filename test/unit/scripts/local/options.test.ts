import { describe, expect, it } from "vitest";
import { parseSettings, parseStartOptions } from "../../../../scripts/local/options.ts";

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

  it("answers an unknown option with the usage", () => {
    expect(() => parseStartOptions(["--onse"])).toThrow(/--onse[\s\S]*--once {15}run one execution/);
  });
});
