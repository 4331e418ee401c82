import { randomUUID } from "node:crypto";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { localAws } from "../../../local/ministack.ts";
import { lambdaContext } from "../../support/api-event.ts";
import { localClient } from "../../support/ministack.ts";

const { aws } = inject("services");
let name: string;
let handler: (event: unknown, context: typeof lambdaContext) => Promise<unknown>;

beforeEach(async () => {
  name = `origin-${randomUUID()}`;
  const variables = { ...localAws(aws), ORIGIN_SECRET: name, POWERTOOLS_LOG_LEVEL: "SILENT" };
  for (const [key, value] of Object.entries(variables)) vi.stubEnv(key, value);
  vi.resetModules();
  ({ handler } = await import("../../../lambdas/authorise-origin/handler.ts"));
});
afterEach(() => vi.unstubAllEnvs());

const ask = (headers: Record<string, string>) => handler({ version: "2.0", type: "REQUEST", headers }, lambdaContext);

async function store(value: string): Promise<void> {
  const SecretString = JSON.stringify({ value });
  await new SecretsManagerClient(localClient(aws)).send(new CreateSecretCommand({ Name: name, SecretString }));
}

it("lets through what names the secret in Secrets Manager, and nothing else", async () => {
  await store("known to CloudFront");
  expect(await ask({ "x-origin-secret": "known to CloudFront" })).toEqual({ isAuthorized: true });
  expect(await ask({ "x-origin-secret": "guessed" })).toEqual({ isAuthorized: false });
  expect(await ask({})).toEqual({ isAuthorized: false });
});

it("fails while it cannot read the secret, and reads it at the next request", async () => {
  await expect(ask({ "x-origin-secret": "known to CloudFront" })).rejects.toThrow();
  await store("known to CloudFront");
  expect(await ask({ "x-origin-secret": "known to CloudFront" })).toEqual({ isAuthorized: true });
});
