import { ResourceNotFoundException, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { expect, it } from "vitest";
import { kaggleFrom } from "../../../../lambdas/shared/kaggle.ts";

it("says that the secret with Kaggle's credentials has yet to be created, and where to read how", async () => {
  mockClient(SecretsManagerClient).rejects(new ResourceNotFoundException({ message: "no", $metadata: {} }));
  process.env.AWS_REGION ??= "us-east-1";
  const env = { KAGGLE_BASE_URL: "http://127.0.0.1:1", KAGGLE_SECRET: "avocado/dev/kaggle" };
  await expect(kaggleFrom(env)).rejects.toMatchObject({
    name: "InvalidInput",
    message: "There is no secret 'avocado/dev/kaggle'. docs/kaggle.md has the command that creates it.",
  });
});
