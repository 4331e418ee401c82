import { describe, expect, it, onTestFinished } from "vitest";
import { createSignedFetch } from "../../../../../aws/signed-fetch.ts";
import { startProxy } from "../../../../../cli/commands/mlflow/proxy.ts";
import { startFaultyProxy } from "../../../../support/faulty-proxy.ts";
import { startGateway } from "../../../../support/gateway/gateway.ts";
import { type Answer, startAnswering } from "../../../../support/http.ts";

async function proxied(...answers: [Answer, ...Answer[]]) {
  const { address, asked } = await startAnswering(...answers);
  let starts = 0;
  const start = async () => {
    starts += 1;
  };
  const proxy = await startProxy({ target: address, fetch, port: 0, start });
  onTestFinished(async () => {
    await proxy.stop();
  });
  return { url: proxy.url, asked, starts: () => starts };
}
const ok: Answer = { status: 200, body: '{"fine":true}' };
const away: Answer = { status: 503, body: "" };

describe("startProxy", () => {
  it("forwards method, path, query, body and content type, and what comes back", async () => {
    const { url, asked } = await proxied({ status: 404, body: '{"error_code":"X"}' });
    const response = await fetch(`${url}/api/a%20b?k=2&k=1`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"a":1}',
    });
    expect([response.status, await response.json()]).toEqual([404, { error_code: "X" }]);
    expect(asked[0]).toMatchObject({ method: "POST", path: "/api/a%20b?k=2&k=1", body: { a: 1 } });
    expect(asked[0]?.headers["content-type"]).toBe("application/json");
  });

  it("does not tell the server of the browser's cookies and origin", async () => {
    const { url, asked } = await proxied(ok);
    await fetch(url, { headers: { origin: url, cookie: "a=b", authorization: "Basic x", referer: url } });
    for (const name of ["origin", "cookie", "authorization", "referer"])
      expect(asked[0]?.headers[name]).toBeUndefined();
  });

  it("starts a server that is scaled to zero and asks again", async () => {
    const { url, asked, starts } = await proxied(away, ok);
    const response = await fetch(url, { method: "POST", body: "{}" });
    expect([response.status, asked.length, starts()]).toEqual([200, 2, 1]);
    expect(asked[1]?.body).toEqual({});
  });

  it.each([
    ["POST", 503, 1],
    ["POST", 504, 1],
    ["GET", 503, 2],
    ["GET", 504, 2],
  ] as const)(
    "%s that the gateway timed out with %i reaches the server %i times",
    async (method, timeoutStatus, times) => {
      let reached = 0;
      const task = await startFaultyProxy("http://127.0.0.1:9");
      task.setFault(() => {
        reached += 1;
        return "handled";
      });
      const caller = { accessKeyId: "AKID", secretAccessKey: "secret" };
      const region = "us-east-1";
      const gatewayTimeout = 20;
      const gateway = await startGateway({
        target: task.url,
        caller,
        region,
        timeout: 2 * gatewayTimeout,
        timeoutStatus,
      });
      const signed = createSignedFetch({ region, credentials: caller });
      const start = async () => {};
      const proxy = await startProxy({ target: gateway.url, fetch: signed, port: 0, start, gatewayTimeout });
      onTestFinished(async () => {
        await Promise.all([proxy.stop(), gateway.stop(), task.stop()]);
      });
      expect((await fetch(proxy.url, { method })).status).toBe(timeoutStatus);
      expect(reached).toBe(times);
    },
  );

  it("says that API Gateway would not take so much", async () => {
    const { url, asked } = await proxied(ok);
    const response = await fetch(url, { method: "PUT", body: new Uint8Array(10 * 1024 * 1024 + 1) });
    expect([response.status, await response.text()]).toEqual([413, expect.stringContaining("10 MB")]);
    expect(asked).toHaveLength(0);
  });

  it("says where nothing answers", async () => {
    const proxy = await startProxy({ target: "http://127.0.0.1:1", fetch, port: 0, start: async () => {} });
    onTestFinished(async () => {
      await proxy.stop();
    });
    const response = await fetch(proxy.url);
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining("cannot be reached")]);
  });

  it("says what to do about a port in use", async () => {
    const { url } = await proxied(ok);
    const port = Number(new URL(url).port);
    const again = startProxy({ target: url, fetch, port, start: async () => {} });
    await expect(again).rejects.toThrow(/Choose another with --port/);
  });
});
