import { randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { toResponse } from "../../../api/answer.ts";
import { createRequest } from "../../../api/body.ts";
import { BusyError, MemoryBudget, type RequestMemory } from "../../../api/memory.ts";
import { ProblemError, problemAnswer } from "../../../api/problem.ts";
import { IncomingBody } from "./incoming-body.ts";

/** What answers requests: the API's `fetch`. */
export type Fetch = (request: Request, context: { id: string; memory: RequestMemory }) => Promise<Response>;

export interface ServerSettings {
  /** A reload is there only for who knows this. */
  reloadToken?: string | undefined;
  /** Origins of web pages that may call; `*` for all. */
  corsOrigins?: readonly string[];
  /** Bytes of a request. */
  maxBody?: number;
  /** What all requests hold in memory, beyond which the answer is 503 (default: 1 GB). */
  memory?: MemoryBudget;
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
export function createHttpServer(fetch: Fetch, settings: ServerSettings = {}): Server {
  const { headMilliseconds = 10_000, requestMilliseconds = 60_000, maxRequests = 256 } = settings;
  const { memory: budget = new MemoryBudget(1_000_000_000), maxBody = 200_000_000, reloadToken } = settings;
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
    async (incoming, outgoing) => {
      const id = randomUUID();
      const cors = corsHeaders(incoming, settings.corsOrigins ?? []);
      outgoing.setHeaders(new Map(Object.entries({ ...cors, "x-request-id": id })));
      // A server that stops takes no further request on a connection that it has.
      if (!server.listening) outgoing.setHeader("connection", "close");
      if (incoming.method === "OPTIONS" && cors) {
        outgoing.writeHead(204, { "access-control-max-age": "3600", "content-length": 0 }).end();
        return;
      }
      const body = new IncomingBody(incoming, maxBody);
      const response = await answer(incoming, body, id);
      if (incoming.complete) return send(outgoing, response);
      outgoing.setHeader("connection", "close");
      await send(outgoing, response, () => body.linger());
    },
  );
  server.maxConnections = settings.maxConnections ?? 2_048;
  return server;

  /** An answer that rejects what is still to come is given at once; any other one when the request has arrived. */
  async function answer(incoming: IncomingMessage, body: IncomingBody, id: string): Promise<Response> {
    const memory = budget.open();
    const problem = (error: unknown) => toResponse(problemAnswer(error, id), id);
    const response = await run(incoming, body, { id, memory }).catch(problem);
    if (body.rejected || memory.rejected) return response;
    return body.drain().then(() => response, problem);
  }

  async function run(incoming: IncomingMessage, body: IncomingBody, context: { id: string; memory: RequestMemory }) {
    let admitted = false;
    // Requests whose body is still coming do not count: they cost little, and would keep the others out.
    const admit = () => {
      if (running >= maxRequests) throw new BusyError("Too many requests at once.");
      admitted = true;
      running++;
    };
    try {
      body.checkLength();
      const url = readUrl(incoming);
      authoriseReload(incoming, url, reloadToken);
      const headers = Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
      const request = createRequest(
        incoming.method ?? "GET",
        url.pathname + url.search,
        headers as [string, string][],
        () => body.chunks(admit),
      );
      if (!request.body) admit();
      return await fetch(request, context);
    } finally {
      context.memory.end();
      if (admitted) running--;
    }
  }
}

/** The address of a request. Thrown when it cannot be read: `ProblemError` 400 */
function readUrl({ url: target = "/" }: IncomingMessage): URL {
  // A proxy is asked for a whole address; `//a/b` is a path and no host.
  const url = URL.parse(target.startsWith("/") ? `http://localhost${target}` : target);
  if (!url) throw new ProblemError(400, "InvalidUrl", "The address of the request cannot be read.");
  return url;
}

/** In AWS the gateway identifies the caller; here a token does. Without a token the route does not exist. */
function authoriseReload({ method, headers }: IncomingMessage, { pathname }: URL, token?: string): void {
  if (pathname !== "/reload-model") return;
  if (!token)
    throw new ProblemError(
      404,
      "NotFound",
      "This server has no POST /reload-model. To add it, start the server with RELOAD_TOKEN in its environment.",
    );
  if (method !== "POST") return; // The API knows which methods there are.
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

/** Sends all of an answer, and ends it when what comes `then` has ended. */
async function send(outgoing: ServerResponse, response: Response, then?: () => Promise<void>): Promise<void> {
  const body = await response.bytes();
  outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), "content-length": body.length });
  if (then) {
    outgoing.write(body);
    await then();
    outgoing.end();
  } else {
    outgoing.end(body);
  }
}
