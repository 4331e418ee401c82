import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Fetch, ServerSettings } from "../../../../../cli/commands/serve/http-server.ts";
import { listen } from "../../../../support/adapters.ts";

/** A server that tells what its API was given. */
const start = (settings: ServerSettings = {}, fetch: Fetch = echo) => listen(fetch, settings);
const echo: Fetch = async (request, { id }) => {
  const { method, url, headers } = request;
  const body = Buffer.from(await request.bytes()).toString("base64");
  return Response.json({ method, url, headers: Object.fromEntries(headers), body, id });
};

it("hands a request over with every byte of it", async () => {
  const address = await start();
  const bytes = new Uint8Array([0, 255, 13, 10, 128]);
  const response = await fetch(`${address}/predict?a=1`, { method: "POST", body: bytes, headers: { "x-y": "z" } });
  const { id, ...request } = await response.json();
  expect(request).toMatchObject({ method: "POST", url: "http://localhost/predict?a=1", headers: { "x-y": "z" } });
  expect(Buffer.from(request.body, "base64")).toEqual(Buffer.from(bytes));
  expect(id).toMatch(/^[\da-f-]{36}$/);
  expect(response.headers.get("x-request-id")).toBe(id);
});

it("gives every byte of an answer back", async () => {
  const response = await fetch(await start({}, async () => new Response(new Uint8Array([0, 255]), { status: 201 })));
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
  const slow: Fetch = async (request, context) => {
    await sleep(200);
    return echo(request, context);
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
