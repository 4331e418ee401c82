import { describe, expect, it } from "vitest";
import { parseCredentials } from "../../../../core/kaggle/credentials.ts";

describe("parseCredentials", () => {
  it("prefers the token, as Kaggle's own tools do", () => {
    const values = { KAGGLE_USERNAME: "jane", KAGGLE_KEY: "k", KAGGLE_API_TOKEN: "t" };
    expect(parseCredentials(values, "env")).toEqual({ username: "jane", token: "t" });
  });

  it("takes the key", () => {
    expect(parseCredentials({ KAGGLE_USERNAME: "jane", KAGGLE_KEY: "k" }, "env")).toEqual({
      username: "jane",
      key: "k",
    });
  });

  it.each([
    [{}, /The secret lacks KAGGLE_USERNAME/],
    [{ KAGGLE_USERNAME: "jane", KAGGLE_KEY: " " }, /KAGGLE_API_TOKEN or KAGGLE_KEY/],
    [null, /KAGGLE_USERNAME/],
  ])("says what %j lacks and where to get it", (values, message) => {
    expect(() => parseCredentials(values, "The secret")).toThrow(message);
    expect(() => parseCredentials(values, "The secret")).toThrow(/Settings, API/);
  });
});
