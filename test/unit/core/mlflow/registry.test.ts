import { expect, it } from "vitest";
import { createMlflowClient } from "../../../../core/mlflow/client.ts";
import { type Answer, lostAnswer, startAnswering } from "../../../support/http.ts";

const json = (body: unknown): Answer => ({ status: 200, body: JSON.stringify(body) });
const version = (number: string) => ({ name: "m", version: number, run_id: "r", source: "s3://b/r/model" });
const found = (...numbers: string[]) => json({ model_versions: numbers.map(version) });

it("keeps the first of two versions when the server carried out a call that it did not answer", async () => {
  const { address, asked } = await startAnswering(
    found(),
    lostAnswer,
    // The first call is still being carried out.
    found(),
    json({ model_version: version("5") }),
    found("5", "4"),
    json({}),
  );
  const { registry } = createMlflowClient({ trackingUri: address, backoff: 1 });
  const kept = await registry.ensureVersion({ name: "m", source: "s3://b/r/model", runId: "r" });
  expect(kept.version).toBe("4");
  expect(asked.at(-1)).toMatchObject({ method: "DELETE", body: { name: "m", version: "5" } });
});
