import { randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { ProblemError, problemResponse } from "../shared/problem.ts";

export type ApiHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

export interface ServerSettings {
  /** A reload is there only for who knows this. */
  reloadToken?: string | undefined;
  /** Origins of web pages that may call; `*` for all. */
  corsOrigins?: readonly string[];
  /** Bytes of a request. */
  maxBody?: number;
  /** Requests at once, beyond which the answer is 503 at once instead of late. */
  maxRequests?: number;
}

/** The API behind plain HTTP: what a gateway does around a Lambda, and nothing else. Not listening yet. */
export function createHttpServer(handler: ApiHandler, settings: ServerSettings = {}): Server {
  let running = 0;
  const server = createServer(
    // The time for a whole request to arrive ends slow ones; a prediction itself has bounds of its own.
    { requestTimeout: 60_000, headersTimeout: 10_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 },
    async (request, response) => {
      const id = randomUUID();
      running++;
      try {
        if (running > (settings.maxRequests ?? 256)) throw new ProblemError(503, "Busy", "Too many requests at once.");
        send(response, await answer(request, id));
      } catch (error) {
        send(response, problemResponse(error, id));
        // Of a body that is too large, the rest is not waited for.
        if (!request.complete) response.once("finish", () => request.destroy());
      } finally {
        running--;
      }
    },
  );
  return server;

  async function answer(request: IncomingMessage, id: string): Promise<APIGatewayProxyStructuredResultV2> {
    const cors = corsHeaders(request, settings.corsOrigins ?? []);
    if (request.method === "OPTIONS" && cors) {
      return { statusCode: 204, headers: { ...cors, "access-control-max-age": "3600" } };
    }
    const event = await toEvent(request, settings.maxBody ?? 200_000_000);
    authoriseReload(event, settings.reloadToken);
    const result = await handler(event, { awsRequestId: id, functionName: "serve" } as Context);
    return { ...result, headers: { ...result.headers, ...cors } };
  }
}

/** A request as an HTTP API hands it to a Lambda. @throws ProblemError 400 or 413 */
async function toEvent(request: IncomingMessage, maxBody: number): Promise<APIGatewayProxyEventV2> {
  const url = URL.parse(request.url ?? "/", "http://localhost");
  if (!url) throw new ProblemError(400, "InvalidUrl", "The address of the request cannot be read.");
  const headers = Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
  const method = request.method ?? "GET";
  const body = await readBody(request, maxBody);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: Object.fromEntries(headers),
    requestContext: { http: { method, path: url.pathname } },
    isBase64Encoded: body.length > 0,
    ...(body.length > 0 && { body: body.toString("base64") }),
  } as APIGatewayProxyEventV2;
}

async function readBody(request: IncomingMessage, maxBody: number): Promise<Buffer> {
  const tooLarge = new ProblemError(413, "RequestTooLarge", `A request has at most ${maxBody} bytes.`);
  if (Number(request.headers["content-length"]) > maxBody) throw tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBody) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** In AWS the gateway asks who it is; here a token stands for that, and without one there is no such route. */
function authoriseReload({ requestContext: { http }, headers }: APIGatewayProxyEventV2, token?: string): void {
  if (http.path !== "/reload-model") return;
  if (!token) throw new ProblemError(404, "NotFound", "There is no reload here: it takes a RELOAD_TOKEN.");
  const given = Buffer.from(headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new ProblemError(403, "Forbidden", "A reload asks for 'Authorization: Bearer <RELOAD_TOKEN>'.");
}

function corsHeaders({ headers: { origin } }: IncomingMessage, origins: readonly string[]) {
  if (!origin || !(origins.includes("*") || origins.includes(origin))) return undefined;
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "content-type, authorization",
    "access-control-expose-headers": "x-request-id, retry-after",
    vary: "origin",
  };
}

function send(response: ServerResponse, result: APIGatewayProxyStructuredResultV2): void {
  const body = Buffer.from(result.body ?? "", result.isBase64Encoded ? "base64" : "utf8");
  const headers = { ...(result.headers as Record<string, string>), "content-length": body.length };
  response.writeHead(result.statusCode ?? 200, headers).end(body);
}
