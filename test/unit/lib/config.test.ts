import { describe, expect, it } from "vitest";
import { parseConfig, readConfig } from "../../../lib/config.ts";

const prod = { stage: "prod", mlflow: { trackingUri: "https://mlflow.example.com", auth: "sigv4" } };

describe("parseConfig", () => {
  it("fills in the defaults that suit a new account", () => {
    const { predict, promotionMetric, logRetentionDays } = parseConfig(prod, "test");
    expect(predict).toMatchObject({ memoryMegabytes: 3008, architecture: "x64" });
    expect([promotionMetric, logRetentionDays]).toEqual(["mse", 90]);
  });

  it("names every wrong value at once", () => {
    const wrong = {
      ...prod,
      notificationEmails: ["nobody"],
      logRetentionDays: 8,
      predict: { memory: 1 },
      account: "12",
    };
    const parse = () => parseConfig(wrong, "config/prod.json");
    for (const named of ["config/prod.json", "memory", "notificationEmails", "logRetentionDays", "has 12 digits"]) {
      expect(parse).toThrow(named);
    }
  });
});

describe("readConfig", () => {
  it("refuses a stage that there is not, and names those that there are", () => {
    expect(() => readConfig("staging")).toThrow(
      "There is no stage 'staging'. Choose one with -c stage=local or -c stage=prod.",
    );
  });

  it("takes the addresses of a local stack from the environment", () => {
    const environment = { AVOCADO_LOCAL_ENDPOINT: "http://127.0.0.1:1", AVOCADO_MLFLOW_URL: "http://127.0.0.1:2" };
    expect(readConfig("local", environment)).toMatchObject({
      endpoint: "http://127.0.0.1:1",
      mlflow: { trackingUri: "http://127.0.0.1:2", auth: "none" },
    });
  });

  it("takes settings of a local stack's Kaggle from the environment, and the others from the file", () => {
    const AVOCADO_KAGGLE = JSON.stringify({ baseUrl: "http://127.0.0.1:3/api", weights: "none" });
    const { kaggle } = readConfig("local", { AVOCADO_KAGGLE });
    expect(kaggle).toMatchObject({ baseUrl: "http://127.0.0.1:3/api", weights: "none", waitSeconds: 2 });
  });

  it("trains on the real Kaggle in stage prod", () => {
    expect(readConfig("prod", {}).kaggle.baseUrl).toBe("https://api.kaggle.com");
  });

  it("does not let the environment redirect stage prod", () => {
    const { mlflow } = readConfig("prod", { AVOCADO_MLFLOW_URL: "http://127.0.0.1:2" });
    expect(mlflow.trackingUri).not.toContain("127.0.0.1");
  });
});
