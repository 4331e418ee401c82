import { gunzipSync } from "node:zlib";
import { Logger } from "@aws-lambda-powertools/logger";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { expect, it, vi } from "vitest";
import { createApi } from "../../../../api/api.ts";
import { handleEvents, toRequest } from "../../../../lambdas/predict/event.ts";
import { apiEvent, lambdaContext } from "../../../support/api-event.ts";

const logger = new Logger({ logLevel: "SILENT" });
const event = async (change: Partial<APIGatewayProxyEventV2> = {}, method = "POST", path = "/predict") => ({
  ...(await apiEvent(method, path)),
  ...change,
});
const unreachable = () => {
  throw new Error("no store");
};
const handler = handleEvents(createApi(unreachable, logger).fetch, logger);

it("reads a body in base64 byte by byte, and one of text as UTF-8", async () => {
  const bytes = new Uint8Array([0, 255, 13, 10, 128]);
  const inBase64 = toRequest(await event({ body: Buffer.from(bytes).toString("base64"), isBase64Encoded: true }));
  expect(await inBase64.bytes()).toEqual(bytes);
  const asText = toRequest(await event({ body: '{"é":1}', isBase64Encoded: false }));
  expect(await asText.json()).toEqual({ é: 1 });
  expect(await toRequest(await event()).bytes()).toHaveLength(0);
});

it("takes method, path, query and headers as they are", async () => {
  const request = toRequest(await event({ rawQueryString: "a=1&b=%20", headers: { "X-Y": "z", absent: undefined } }));
  expect(request.method).toBe("POST");
  expect(request.url).toBe("http://localhost/predict?a=1&b=%20");
  expect(Object.fromEntries(request.headers)).toEqual({ "x-y": "z" });
});

it("has a GET request without a body, whatever the event holds", async () => {
  const request = toRequest(await event({ body: "x" }, "GET", "/health"));
  expect(request.body).toBeNull();
});

it("passes on headers of any characters", async () => {
  const { headers } = toRequest(await event({ headers: { "x-name": "Jürgen 🥑" } }));
  expect(Buffer.from(headers.get("x-name") ?? "", "latin1").toString()).toBe("Jürgen 🥑");
});

it.each(["/docs/..", "/docs/.", "/docs/%2e%2e", "/docs/.%2E", "/docs/../reload-model"])(
  "does not resolve %s, for the gateway has chosen the route",
  async (path) => {
    const docs = await event({}, "GET", "/docs/x");
    docs.requestContext.http.path = path;
    const { statusCode, body } = await handler(docs, lambdaContext);
    expect(statusCode).toBe(404);
    expect(JSON.parse(body ?? "").code).toBe("NotFound");
  },
);

it("names an answer and its log lines after the invocation", async () => {
  const addContext = vi.spyOn(logger, "addContext");
  const { statusCode, headers, body } = await handler(await event({}, "GET", "/health"), lambdaContext);
  expect(statusCode).toBe(500);
  expect(headers?.["x-request-id"]).toBe("request-1");
  expect(JSON.parse(body ?? "").id).toBe("request-1");
  expect(addContext).toHaveBeenCalledWith(lambdaContext);
});

it("gives what is compressed in base64, and nothing else", async () => {
  const compressed = await handler(
    await event({ headers: { "accept-encoding": "gzip" } }, "GET", "/openapi.json"),
    lambdaContext,
  );
  expect(compressed).toMatchObject({ statusCode: 200, isBase64Encoded: true });
  const text = gunzipSync(Buffer.from(compressed.body ?? "", "base64")).toString();
  expect(JSON.parse(text).openapi).toBe("3.1.0");
  const plain = await handler(await event({}, "GET", "/"), lambdaContext);
  expect(plain).not.toHaveProperty("isBase64Encoded");
  expect(JSON.parse(plain.body ?? "")).toHaveProperty("links");
});
