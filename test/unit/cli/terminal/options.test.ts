import { describe, expect, it } from "vitest";
import { addSetting, nonNegative, positive, wholeNumber } from "../../../../cli/terminal/options.ts";

describe("addSetting", () => {
  const parseSettings = (settings: string[]) =>
    settings.reduce((input: Record<string, unknown>, setting) => addSetting(setting, input), {});

  it("nests dotted keys and takes JSON values as such", () => {
    expect(parseSettings(["hyperparameters.epochs=5", "hyperparameters.optimizer=sgd", "newData=false"])).toEqual({
      hyperparameters: { epochs: 5, optimizer: "sgd" },
      newData: false,
    });
  });

  it("keeps an equals sign inside the value", () => {
    expect(parseSettings(["runName=a=b"])).toEqual({ runName: "a=b" });
  });

  it("leaves what was collected before as it was, for it may be the default", () => {
    const before = { hyperparameters: { epochs: 1 } };
    addSetting("hyperparameters.epochs=5", before);
    expect(before).toEqual({ hyperparameters: { epochs: 1 } });
  });

  it.each(["epochs", "=5", ".a=1"])("says how to write the setting '%s'", (setting) => {
    expect(() => parseSettings([setting])).toThrow("Write key=value, for example hyperparameters.epochs=5.");
  });
});

describe("numbers", () => {
  it.each([
    [wholeNumber(0, 65_535), "8080", 8080],
    [wholeNumber(1), "40", 40],
    [nonNegative, "0.5", 0.5],
    [positive, "1e3", 1000],
  ])("are read by %o: %s", (read, text, number) => {
    expect(read(text)).toBe(number);
  });

  it.each([
    [wholeNumber(0, 65_535), "65536", "Write a whole number from 0 to 65535."],
    [wholeNumber(1), "0", "Write a whole number from 1."],
    [wholeNumber(1), "1.5", "Write a whole number from 1."],
    [wholeNumber(0), "", "Write a whole number from 0."],
    [nonNegative, "-1", "Write a number, 0 or more."],
    [positive, "0", "Write a number above 0."],
    [positive, "Infinity", "Write a number above 0."],
  ])("are rejected by %o with advice: '%s'", (read, text, advice) => {
    expect(() => read(text)).toThrow(advice);
  });
});
