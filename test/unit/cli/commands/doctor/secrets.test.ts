import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { checkKaggleSecret, checkRawDataSecret } from "../../../../../cli/commands/doctor/account/secrets.ts";
import { denied, named } from "../../../../support/denied.ts";

const secrets = mockClient(SecretsManagerClient);
const client = () => new SecretsManagerClient({ region: "eu-west-1" });
beforeEach(() => secrets.reset());

describe("Kaggle's credentials", () => {
  const check = (used = false) => checkKaggleSecret(client(), "avocado/dev/kaggle", used);

  it.each([
    ['{"KAGGLE_USERNAME":"me","KAGGLE_KEY":"secret"}', false, "ok"],
    ["made up by Secrets Manager", false, "warning"],
    ["made up by Secrets Manager", true, "missing"],
  ])("%s, used by the schedule: %s: %s, and never shown", async (SecretString, used, state) => {
    secrets.on(GetSecretValueCommand).resolves({ SecretString });
    const finding = await check(used);
    expect(finding.state).toBe(state);
    expect(JSON.stringify(finding)).not.toContain('secret"}');
    expect(finding.found).not.toContain("made up");
  });

  it.each([
    [false, "ok"],
    [true, "missing"],
  ])("that do not exist yet, used by the schedule: %s: %s", async (used, state) => {
    secrets.on(GetSecretValueCommand).rejects(named("ResourceNotFoundException"));
    expect((await check(used)).state).toBe(state);
  });

  it("are unknown to those who may not ask", async () => {
    secrets.on(GetSecretValueCommand).rejects(denied("secretsmanager:GetSecretValue"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "secretsmanager:GetSecretValue" });
  });
});

describe("the secret for external raw data", () => {
  const check = () => checkRawDataSecret(client(), "raw-data");

  it.each([
    ['{"region":"eu-west-1","accessKeyId":"me","secretAccessKey":"hidden"}', "ok"],
    ['{"region":"eu-west-1","accessKeyId":"me","secret":"hidden"}', "missing"],
  ])("%s is %s, and never shown", async (SecretString, state) => {
    secrets.on(GetSecretValueCommand).resolves({ SecretString });
    const finding = await check();
    expect(finding.state).toBe(state);
    expect(JSON.stringify(finding)).not.toContain("hidden");
  });

  it("is missing where there is none", async () => {
    secrets.on(GetSecretValueCommand).rejects(named("ResourceNotFoundException"));
    expect((await check()).state).toBe("missing");
  });

  it("is unknown to those who may not ask", async () => {
    secrets.on(GetSecretValueCommand).rejects(denied("secretsmanager:GetSecretValue"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "secretsmanager:GetSecretValue" });
  });
});
