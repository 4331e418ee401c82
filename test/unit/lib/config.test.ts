import { describe, expect, it } from "vitest";
import { configJsonSchema, listStages, parseConfig, readConfig } from "../../../lib/config.ts";

const prod = { stage: "prod" };

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

  it("says for each setting that was renamed what it is called now", () => {
    const old = {
      ...prod,
      registry: { sleepAfterMinutes: 30 },
      kaggle: { queuePatienceHours: 2, runPatienceHours: 3 },
    };
    const parse = () => parseConfig(old, "config/prod.json");
    for (const [name, now] of [
      ["registry.sleepAfterMinutes", "registry.scaleToZeroAfterMinutes"],
      ["kaggle.queuePatienceHours", "kaggle.queueTimeoutHours"],
      ["kaggle.runPatienceHours", "kaggle.runTimeoutHours"],
    ]) {
      expect(parse).toThrow(`'${name}' is called '${now}' now: rename it`);
    }
    expect(parse).not.toThrow("datasetTimeoutHours");
  });
});

describe("triggers and trainer", () => {
  it("start nothing by themselves unless they are asked for", () => {
    const config = parseConfig({ stage: "mine" }, "test");
    expect(config).not.toHaveProperty("schedule");
    expect(config).not.toHaveProperty("newData");
  });

  it.each([
    [{ schedule: { cron: "0 3 * * *" } }, "minute, hour, day of month"],
    [{ schedule: { cron: "0 3 ? * MON *", timeZone: "Lisboa" } }, "not the name of a time zone"],
    [{ trainer: { cpu: 8192, memoryMegabytes: 8192 } }, "16384 MB of memory at least"],
    [{ registry: { cpu: 1024, memoryMegabytes: 1024 } }, "2 to 8 times the units of CPU"],
    [{ registry: { cpu: 256, memoryMegabytes: 4096 } }, "2 to 8 times the units of CPU"],
    [{ newData: { quietMinutes: 60 } }, "quietMinutes"],
  ])("reject what AWS would reject: %o", (wrong, words) => {
    expect(() => parseConfig({ stage: "mine", ...wrong }, "config/mine.json")).toThrow(words);
  });
});

describe("the waiting for Kaggle", () => {
  const parse = (kaggle: object) => parseConfig({ stage: "mine", kaggle }, "test");

  it("takes a licence that Kaggle knows, and by default that of the published photographs", () => {
    expect(parse({}).kaggle.dataset.licence).toBe("CC-BY-4.0");
    expect(() => parse({ dataset: { licence: "CC BY 4.0" } })).toThrow("licence");
  });

  it("is rejected where an execution would have too many events, with both settings", () => {
    expect(() => parse({ waitSeconds: 28 })).toThrow(/waitSeconds/);
    expect(() => parse({ waitSeconds: 28 })).toThrow("20 hours of datasetTimeoutHours, queueTimeoutHours and run");
    expect(() => parse({ waitSeconds: 28 })).toThrow("has to be 29 at least");
    expect(parse({ waitSeconds: 29 }).kaggle.waitSeconds).toBe(29);
    expect(
      parse({ waitSeconds: 5, queueTimeoutHours: 0.5, runTimeoutHours: 0.5, datasetTimeoutHours: 0.5 }),
    ).toBeTruthy();
  });

  it("is rejected where it may last longer than the state machine, with the settings", () => {
    const kaggle = { datasetTimeoutHours: 10, queueTimeoutHours: 10 };
    expect(() => parse(kaggle)).toThrow("datasetTimeoutHours, queueTimeoutHours and runTimeoutHours are 32 hours");
    expect(parse({ ...kaggle, runTimeoutHours: 10 })).toBeTruthy();
  });

  it("is no matter of a laptop, whose state machine has no such quotas", () => {
    expect(readConfig("local", {}).kaggle.waitSeconds).toBe(2);
  });
});

it("a schedule may train on SageMaker only where the stage says what the training jobs are", () => {
  const schedule = { cron: "0 3 ? * MON *", input: { strategy: "sagemaker" } };
  expect(() => parseConfig({ stage: "mine", schedule }, "test")).toThrow("needs 'sagemaker'");
  expect(parseConfig({ stage: "mine", schedule, sagemaker: {} }, "test")).toBeTruthy();
});

describe("edge", () => {
  it("is rejected where a firewall for CloudFront cannot be, and with tokens: both problems at once", () => {
    const jwt = { issuer: "https://issuer.example", audience: ["avocado"] };
    const parse = () => parseConfig({ stage: "mine", region: "eu-west-1", edge: {}, predict: { jwt } }, "test");
    for (const named of ["us-east-1", "at region", "'edge'", "at predict.jwt"]) expect(parse).toThrow(named);
  });

  it("asks for its region by name, for the command line's may be another one", () => {
    expect(() => parseConfig({ stage: "mine", edge: {} }, "test")).toThrow("has to be us-east-1");
  });
});

describe("readConfig", () => {
  it("rejects a stage that there is not, and names those that there are", () => {
    expect(() => readConfig("staging")).toThrow(
      /^There is no stage 'staging'\. Choose one with -c stage=dev or .*-c stage=prod, or write config\/staging\.json\.$/,
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

  it("does not let the environment redirect a stage in an account", () => {
    const redirected = readConfig("prod", { AVOCADO_MLFLOW_URL: "http://127.0.0.1:2" });
    expect(JSON.stringify(redirected)).not.toContain("127.0.0.1");
  });

  it("takes the stage's name from the file's, and reads every stage that ships", () => {
    expect(listStages()).toEqual(expect.arrayContaining(["dev", "local", "prod"]));
    for (const stage of listStages()) expect(readConfig(stage, {}).stage).toBe(stage);
  });

  it("does not read outside its folder", () => {
    expect(() => readConfig("../package")).toThrow("There is no stage '../package'");
  });
});

describe("config/stage.schema.json", () => {
  it("tells editors what the code takes", async () => {
    const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot("../../../config/stage.schema.json");
  });
});
