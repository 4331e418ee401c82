import { describe, expect, it } from "vitest";
import { parseCredentials, parseTracking } from "../../../../core/kaggle/credentials.ts";

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

describe("parseTracking", () => {
  const uri = "https://mlflow.example";

  it("takes user and password by MLflow's own names", () => {
    const secret = { KAGGLE_USERNAME: "jane", MLFLOW_TRACKING_USERNAME: "kernel", MLFLOW_TRACKING_PASSWORD: "p" };
    expect(parseTracking(uri, secret, "The secret")).toEqual({ uri, username: "kernel", password: "p" });
  });

  it("needs neither", () => {
    expect(parseTracking(uri, { KAGGLE_USERNAME: "jane" }, "The secret")).toEqual({ uri, username: "", password: "" });
  });

  it.each([
    [{ MLFLOW_TRACKING_USERNAME: "kernel" }, /The secret has MLFLOW_TRACKING_USERNAME but no MLFLOW_TRACKING_PASSWORD/],
    [{ MLFLOW_TRACKING_PASSWORD: "p" }, /no MLFLOW_TRACKING_USERNAME/],
  ])("rejects one without the other: %j", (secret, message) => {
    expect(() => parseTracking(uri, secret, "The secret")).toThrow(message);
  });
});
