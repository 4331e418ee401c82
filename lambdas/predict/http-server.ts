import { randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { ProblemError, problemResponse } from "../shared/problem.ts";
import { BodyReader, drain } from "./request-body.ts";

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
  /** Bytes of all bodies that are held at once, beyond which the answer is 503. */
  maxHeld?: number;
  /** Connections at once, beyond which none is let in. */
  maxConnections?: number;
  /** For a request's head to arrive. */
  headMilliseconds?: number;
  /** For a whole request to arrive; a prediction itself has bounds of its own. */
  requestMilliseconds?: number;
  /** Requests at once, beyond which the answer is 503 at once instead of late. */
  maxRequests?: number;
}

/** The API behind plain HTTP: what a gateway does around a Lambda, and nothing else. Not listening yet. */
export function createHttpServer(handler: ApiHandler, settings: ServerSettings = {}): Server {
  const { headMilliseconds = 10_000, requestMilliseconds = 60_000 } = settings;
  const bodies = new BodyReader(settings.maxBody ?? 200_000_000, settings.maxHeld ?? 400_000_000);
  let running = 0;
  const server = createServer(
    {
      headersTimeout: headMilliseconds,
      requestTimeout: requestMilliseconds,
      // Node looks for slow requests this often only.
      connectionsCheckingInterval: headMilliseconds / 2,
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16_384,
    },
    async (request, response) => {
      const id = randomUUID();
      const cors = corsHeaders(request, settings.corsOrigins ?? []);
      response.setHeaders(new Map(Object.entries({ ...cors, "x-request-id": id })));
      // A server that stops takes no further request on a connection that it has.
      if (!server.listening) response.setHeader("connection", "close");
      try {
        if (request.method === "OPTIONS" && cors) send(response, preflight);
        else send(response, await bodies.during(request, (body) => run(toEvent(request, body), id)));
      } catch (error) {
        if (!request.complete) response.setHeader("connection", "close");
        send(response, problemResponse(error, id));
        if (!request.complete) await drain(request);
      }
      response.end();
    },
  );
  server.maxConnections = settings.maxConnections ?? 2_048;
  return server;

  async function run(event: APIGatewayProxyEventV2, id: string): Promise<APIGatewayProxyStructuredResultV2> {
    authoriseReload(event, settings.reloadToken);
    // Those whose body is still coming do not count: they cost little, and would keep the others out.
    if (running >= (settings.maxRequests ?? 256)) throw new ProblemError(503, "Busy", "Too many requests at once.");
    running++;
    try {
      return await handler(event, { awsRequestId: id, functionName: "serve" } as Context);
    } finally {
      running--;
    }
  }
}

const preflight = { statusCode: 204, headers: { "access-control-max-age": "3600" } };

/** A request as an HTTP API hands it to a Lambda. @throws ProblemError 400 */
function toEvent(request: IncomingMessage, body: Buffer): APIGatewayProxyEventV2 {
  const target = request.url ?? "/";
  // A proxy is asked for a whole address; `//a/b` is a path and no host.
  const url = URL.parse(target.startsWith("/") ? `http://localhost${target}` : target);
  if (!url) throw new ProblemError(400, "InvalidUrl", "The address of the request cannot be read.");
  const headers = Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
  // Node leaves the body of the answer to HEAD out.
  const method = !request.method || request.method === "HEAD" ? "GET" : request.method;
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

/** In AWS the gateway asks who it is; here a token stands for that, and without one there is no such route. */
function authoriseReload({ requestContext: { http }, headers }: APIGatewayProxyEventV2, token?: string): void {
  if (http.path !== "/reload-model") return;
  if (!token) throw new ProblemError(404, "NotFound", "There is no reload here: it takes a RELOAD_TOKEN.");
  if (http.method !== "POST") return; // The handler knows which methods there are.
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

/** Sends all of an answer; that it has ended is said by the caller. */
function send(response: ServerResponse, result: APIGatewayProxyStructuredResultV2): void {
  const body = Buffer.from(result.body ?? "", result.isBase64Encoded ? "base64" : "utf8");
  const headers = { ...(result.headers as Record<string, string>), "content-length": body.length };
  response.writeHead(result.statusCode ?? 200, headers).write(body);
}
