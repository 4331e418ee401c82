import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { type ApiHandler, createHttpServer, type ServerSettings } from "../../../../lambdas/predict/http-server.ts";

/** A server whose handler tells what it was given. */
async function start(settings: ServerSettings = {}, handler: ApiHandler = echo): Promise<string> {
  const server = createHttpServer(handler, settings);
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const echo: ApiHandler = async (event, context) => {
  const body = { event, id: context.awsRequestId };
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
};

it("hands a request over as an HTTP API would, every byte of it", async () => {
  const address = await start();
  const bytes = new Uint8Array([0, 255, 13, 10, 128]);
  const response = await fetch(`${address}/predict?a=1`, { method: "POST", body: bytes, headers: { "x-y": "z" } });
  const { event, id } = await response.json();
  expect(event).toMatchObject({ rawPath: "/predict", rawQueryString: "a=1", isBase64Encoded: true });
  expect(event.requestContext.http).toEqual({ method: "POST", path: "/predict" });
  expect(event.headers["x-y"]).toBe("z");
  expect(Buffer.from(event.body, "base64")).toEqual(Buffer.from(bytes));
  expect(id).toMatch(/^[\da-f-]{36}$/);
});

it("gives an answer in base64 back as bytes", async () => {
  const handler: ApiHandler = async () => ({ statusCode: 201, isBase64Encoded: true, body: "AP8=" });
  const response = await fetch(await start({}, handler));
  expect(response.status).toBe(201);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([0, 255]));
});

it("answers 413 to more than it takes, said or unsaid", async () => {
  const address = await start({ maxBody: 10 });
  const said = await fetch(address, { method: "POST", body: "x".repeat(11) });
  expect(said.status).toBe(413);
  expect(await said.json()).toMatchObject({ code: "RequestTooLarge", id: said.headers.get("x-request-id") });
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(11));
      controller.close();
    },
  });
  expect((await fetch(address, { method: "POST", body, duplex: "half" } as RequestInit)).status).toBe(413);
});

it("answers 503 and when to come back when too many ask at once", async () => {
  const slow: ApiHandler = async (event, context) => {
    await sleep(200);
    return echo(event, context);
  };
  const address = await start({ maxRequests: 1 }, slow);
  const answers = await Promise.all([fetch(address), sleep(50).then(() => fetch(address))]);
  expect(answers.map(({ status }) => status)).toEqual([200, 503]);
  expect(answers[1]?.headers.get("retry-after")).toBe("5");
});

it.each([
  [undefined, "Bearer x", 404],
  ["secret", undefined, 403],
  ["secret", "Bearer secreT", 403],
  ["secret", "secret", 403],
  ["secret", "Bearer secret", 200],
])("with token %j, a reload by %j is answered %i", async (reloadToken, authorization, status) => {
  const address = await start({ reloadToken });
  const headers = authorization ? { authorization } : {};
  expect((await fetch(`${address}/reload-model`, { method: "POST", headers })).status).toBe(status);
});

it("lets pages of the configured origins call, and no others", async () => {
  const address = await start({ corsOrigins: ["https://page.example"] });
  const from = (origin: string, method = "GET", path = "/") => fetch(address + path, { method, headers: { origin } });
  const allowed = (response: Response) => response.headers.get("access-control-allow-origin");
  expect(allowed(await from("https://page.example"))).toBe("https://page.example");
  expect((await from("https://page.example", "OPTIONS")).status).toBe(204);
  expect(allowed(await from("https://page.example", "POST", "/reload-model"))).toBe("https://page.example");
  expect(allowed(await from("https://other.example"))).toBeNull();
});
