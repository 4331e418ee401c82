import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Logger } from "@aws-lambda-powertools/logger";
import { request as httpRequest } from "undici";
import { onTestFinished } from "vitest";
import type { Api } from "../../api/api.ts";
import { createHttpServer, type Fetch, type ServerSettings } from "../../cli/commands/serve/http-server.ts";
import { type Handler, handleEvents } from "../../lambdas/predict/event.ts";
import { lambdaContext, toEvent } from "./api-event.ts";

/** A response as it went over the wire: compressed where it is. */
interface Answered {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
}
export type Ask = (request: Request) => Promise<Answered>;

/** The two ways to the API: behind API Gateway as a Lambda, and behind Node's HTTP server. */
export const adapters: [name: string, adapt: (fetch: Api["fetch"]) => Promise<Ask>][] = [
  [
    "the Lambda",
    async (fetch) => {
      const ask = askHandler(handleEvents(fetch, new Logger({ logLevel: "SILENT" })));
      return async (request) => {
        const response = await ask(request);
        const bytes = Buffer.from(await response.bytes());
        return { status: response.status, headers: Object.fromEntries(response.headers), bytes };
      };
    },
  ],
  [
    "npm run serve",
    async (fetch) => {
      const address = await listen(fetch, { reloadToken: "secret" });
      return async (request) => {
        const { pathname, search } = new URL(request.url);
        const { statusCode, headers, body } = await httpRequest(address + pathname + search, {
          method: request.method as "GET",
          headers: { authorization: "Bearer secret", ...Object.fromEntries(request.headers) },
          body: request.body && Buffer.from(await request.bytes()),
        });
        const found = Object.entries(headers).map(([name, value]) => [name, String(value)]);
        return { status: statusCode, headers: Object.fromEntries(found), bytes: Buffer.from(await body.bytes()) };
      };
    },
  ],
];

/** Puts API Gateway's part between a request and the Lambda's handler. */
export function askHandler(handler: Handler): (request: Request) => Promise<Response> {
  return async (request) => {
    const {
      statusCode = 200,
      headers,
      body = "",
      isBase64Encoded,
    } = await handler(await toEvent(request), lambdaContext);
    const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
    return new Response(bytes, { status: statusCode, headers: headers as Record<string, string> });
  };
}

/** Serves until the test ends. @returns the address */
export async function listen(fetch: Fetch, settings: ServerSettings = {}): Promise<string> {
  const server = createHttpServer(fetch, settings);
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
