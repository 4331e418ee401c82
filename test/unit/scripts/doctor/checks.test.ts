import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import {
  checkBootstrap,
  checkConcurrency,
  checkCredentials,
  checkFargate,
  checkKaggleSecret,
  checkMemory,
  checkRawDataSecret,
} from "../../../../scripts/doctor/account.ts";
import { checkDocker, type Processor } from "../../../../scripts/doctor/docker.ts";
import { formatFindings } from "../../../../scripts/doctor/finding.ts";

const region = { region: "eu-west-1" };

describe("the account", () => {
  it("says who is signed in, or how to sign in", async () => {
    const sts = mockClient(STSClient);
    sts
      .on(GetCallerIdentityCommand)
      .resolvesOnce({ Arn: "arn:me", Account: "123456789012" })
      .rejects(new Error("expired"));
    expect(await checkCredentials(new STSClient(region))).toMatchObject({ state: "ok", found: "arn:me" });
    expect(await checkCredentials(new STSClient(region))).toMatchObject({
      state: "missing",
      found: "expired",
      advice: expect.stringContaining("aws sso login"),
    });
  });

  it.each([
    [{ Parameter: { Value: "21" } }, "ok"],
    [{ Parameter: { Value: "4" } }, "missing"],
    [new ParameterNotFound({ message: "", $metadata: {} }), "missing"],
  ])("wants a recent bootstrap: %o", async (answer, state) => {
    const ssm = mockClient(SSMClient).on(GetParameterCommand);
    if (answer instanceof Error) ssm.rejects(answer);
    else ssm.resolves(answer);
    const finding = await checkBootstrap(new SSMClient(region), "123456789012", "eu-west-1");
    expect(finding.state).toBe(state);
    if (state === "missing") expect(finding.advice).toBe("npx cdk bootstrap aws://123456789012/eu-west-1");
  });

  it.each([
    [10, "warning"],
    [1000, "ok"],
  ])("warns of a concurrency of %i: %s", async (ConcurrentExecutions, state) => {
    mockClient(LambdaClient).on(GetAccountSettingsCommand).resolves({ AccountLimit: { ConcurrentExecutions } });
    expect((await checkConcurrency(new LambdaClient(region))).state).toBe(state);
  });

  it.each([
    [4, "missing"],
    [6, "ok"],
  ])("wants CPUs for a trainer and MLflow, has %i: %s", async (Value, state) => {
    mockClient(ServiceQuotasClient).on(GetServiceQuotaCommand).resolves({ Quota: { Value } });
    expect((await checkFargate(new ServiceQuotasClient(region))).state).toBe(state);
  });

  it("warns of memory that new accounts have not", () => {
    expect([3008, 4096].map((megabytes) => checkMemory(megabytes).state)).toEqual(["ok", "warning"]);
  });

  it.each([
    ['{"KAGGLE_USERNAME":"me","KAGGLE_KEY":"secret"}', "ok"],
    ["made up by Secrets Manager", "warning"],
  ])("looks whether Kaggle's credentials were filled in, and never shows them: %s", async (SecretString, state) => {
    mockClient(SecretsManagerClient).on(GetSecretValueCommand).resolves({ SecretString });
    const finding = await checkKaggleSecret(new SecretsManagerClient(region), "avocado/dev/kaggle");
    expect(finding.state).toBe(state);
    expect(JSON.stringify(finding)).not.toContain('secret"}');
    expect(finding.found).not.toContain("made up");
  });

  it.each([
    ['{"region":"eu-west-1","accessKeyId":"me","secretAccessKey":"hidden"}', "ok"],
    ['{"region":"eu-west-1","accessKeyId":"me","secret":"hidden"}', "missing"],
  ])(
    "looks whether the secret for raw data elsewhere opens a bucket, and never shows it: %s",
    async (SecretString, state) => {
      mockClient(SecretsManagerClient).on(GetSecretValueCommand).resolves({ SecretString });
      const finding = await checkRawDataSecret(new SecretsManagerClient(region), "raw-data");
      expect(finding.state).toBe(state);
      expect(JSON.stringify(finding)).not.toContain("hidden");
    },
  );
});

describe("Docker", () => {
  const docker = (architecture: string, platforms = "", wanted: Processor[] = ["amd64"]) =>
    checkDocker(wanted, async (_, [what]) => (what === "info" ? `${architecture}\n` : platforms));

  it("is missing where it does not answer", async () => {
    expect(await checkDocker(["amd64"], () => Promise.reject(new Error("ENOENT")))).toMatchObject([
      { state: "missing" },
    ]);
  });

  it.each([
    ["x86_64", "", "ok"],
    ["aarch64", "Platforms: linux/arm64, linux/amd64", "ok"],
    ["aarch64", "Platforms: linux/arm64", "missing"],
  ])("builds for x86-64 on %s with '%s': %s", async (architecture, platforms, state) => {
    expect((await docker(architecture, platforms))[1]?.state).toBe(state);
  });

  it.each([
    ["", "missing"],
    ["Platforms: linux/amd64, linux/arm64", "ok"],
  ])("is asked for arm64 too where predictions run on it: '%s' is %s", async (platforms, state) => {
    const [, , arm] = await docker("x86_64", platforms, ["amd64", "arm64"]);
    expect(arm).toMatchObject({ check: "images for arm64", state });
  });
});

describe("formatFindings", () => {
  it("puts below each problem what to do", () => {
    const text = formatFindings([{ check: "Docker", state: "missing", found: "no", advice: "install it" }]);
    expect(text).toMatch(/^✘ Docker +no\n +install it$/);
  });
});
