import { describe, expect, it } from "vitest";
import { json, kaggle, lost } from "./server.ts";

const ref = { owner: "jane", slug: "avocado-ripening" };
const ready = json({ status: "READY" });

describe("a call", () => {
  it("is a POST of JSON below the base URL with basic credentials", async () => {
    const { asked, client, bodies } = await kaggle(() => ready);
    await client.datasets.status(ref);
    const [{ method, path, headers } = { method: "", path: "", headers: {} as Record<string, string> }] = asked;
    expect(`${method} ${path}`).toBe("POST /api/v1/datasets.DatasetApiService/GetDatasetStatus");
    expect(headers.authorization).toBe(`Basic ${Buffer.from("jane:secret").toString("base64")}`);
    expect(bodies()).toEqual([{ ownerSlug: "jane", datasetSlug: "avocado-ripening" }]);
  });

  it("carries a token as bearer", async () => {
    const { asked, client } = await kaggle(() => ready, { credentials: { username: "jane", token: "t" } });
    await client.datasets.status(ref);
    expect(asked[0]?.headers.authorization).toBe("Bearer t");
  });

  it.each([
    ["429", json({}, 429)],
    ["500", json({}, 500)],
    ["503 under HTTP 200", json({ code: 503, message: "away" })],
    ["a lost connection", lost],
  ])("is repeated after %s", async (_, failure) => {
    const { asked, client } = await kaggle((_, count) => (count < 3 ? failure : ready));
    await expect(client.datasets.status(ref)).resolves.toBe("READY");
    expect(asked).toHaveLength(3);
  });

  it("gives up after its attempts as transient", async () => {
    const { asked, client } = await kaggle(() => json({}, 500), { attempts: 3 });
    await expect(client.datasets.status(ref)).rejects.toMatchObject({ name: "Transient" });
    expect(asked).toHaveLength(3);
  });

  it("waits as long as Retry-After says", async () => {
    const { client } = await kaggle((_, count) => (count === 1 ? json({}, 429, { "retry-after": "1" }) : ready));
    const started = performance.now();
    await client.datasets.status(ref);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it("waits until the date that Retry-After names", async () => {
    const busy = () => json({}, 429, { "retry-after": new Date(Date.now() + 2000).toUTCString() });
    const { client } = await kaggle((_, count) => (count === 1 ? busy() : ready));
    const started = performance.now();
    await client.datasets.status(ref);
    // Dates have whole seconds.
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it("leaves a longer wait than it may wait to its caller", async () => {
    const { asked, client } = await kaggle(() => json({}, 429, { "retry-after": "3600" }));
    await expect(client.datasets.status(ref)).rejects.toMatchObject({ name: "Transient" });
    expect(asked).toHaveLength(1);
  });

  it.each([
    ["HTTP 400", json({ code: 400, message: "No such licence" }, 400)],
    ["a code under HTTP 200", json({ code: 400, message: "No such licence" })],
  ])("is rejected once and for all by %s", async (_, rejection) => {
    const { asked, client } = await kaggle(() => rejection);
    await expect(client.datasets.status(ref)).rejects.toThrow(/GetDatasetStatus \(400\): No such licence/);
    expect(asked).toHaveLength(1);
  });

  it("says with wrong credentials where to get new ones", async () => {
    const { client } = await kaggle(() => json({ code: 401, message: "Unauthenticated" }, 401));
    await expect(client.datasets.status(ref)).rejects.toThrow(/make a new token on kaggle.com/);
  });

  it("takes an answer that is not valid JSON for a Kaggle that is away", async () => {
    const page = { status: 200, body: "<html>" };
    const { client } = await kaggle((_, count) => (count < 3 ? page : json({ status: "READY" })));
    await expect(client.datasets.status(ref)).resolves.toBe("READY");
  });
});
