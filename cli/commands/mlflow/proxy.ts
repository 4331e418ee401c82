import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorMessage, InvalidInputError } from "../../../core/errors.ts";
import { describeCause, type Fetch } from "../../../core/http/request.ts";
import { rejectionOf } from "./rejection.ts";

export interface ProxyOptions {
  /** The MLflow server, without a slash at its end. */
  target: string;
  /** Sends a request there, signed where that is needed. */
  fetch: Fetch;
  /** Port of the loopback interface; 0 takes a free one. */
  port: number;
  /** Called when nothing answers behind the gateway; the request is then sent once more. */
  start(): Promise<unknown>;
  /** Milliseconds after which the gateway gives up a request that the server has taken (default: 30 s, less a margin). */
  gatewayTimeout?: number;
}

/** API Gateway takes no more. */
const longestBody = 10 * 1024 * 1024;

/** Headers of one connection, what signing sets anew, and what tells the server that a browser is at another address. */
const ownHeaders = new Set(
  "host connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade expect content-length accept-encoding origin referer cookie authorization".split(
    " ",
  ),
);
/** Of an answer that `fetch` has read and unpacked already. */
const spentHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length"]);

/** An MLflow server on this machine's loopback interface: it forwards what this machine's programs and its own page ask. */
export async function startProxy(options: ProxyOptions): Promise<{ url: string; stop(): Promise<unknown> }> {
  let port = 0;
  const server = createServer((request, response) => {
    answer(request, response, port, options).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else reject(response, 502, `MLflow cannot be reached: ${describeCause(error)}`);
    });
  });
  await once(server.listen(options.port, "127.0.0.1"), "listening").catch((cause: unknown) => {
    const problem = `Port ${options.port} cannot be listened on: ${errorMessage(cause)}. Choose another with --port.`;
    throw new InvalidInputError(problem, { cause });
  });
  port = (server.address() as AddressInfo).port;
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

async function answer(request: IncomingMessage, response: ServerResponse, port: number, options: ProxyOptions) {
  const rejection = rejectionOf(request, port);
  if (rejection) return reject(response, 403, rejection);
  const body = await readBody(request);
  if (!body) return reject(response, 413, "API Gateway takes at most 10 MB. Artifacts go to S3 directly.");
  const { gatewayTimeout = 28_000 } = options;
  const sent = Date.now();
  let answered = await forward(request, body, options);
  // An HTTP API answers 503 both when nothing took the request and when it timed out. What timed out may have been carried
  // out, so only a reading is repeated.
  const timedOut = answered.status === 504 || Date.now() - sent >= gatewayTimeout;
  const repeatable = !timedOut || ["GET", "HEAD"].includes(request.method ?? "");
  if ([503, 504].includes(answered.status) && repeatable) {
    await options.start();
    answered = await forward(request, body, options);
  }
  const headers = [...answered.headers].filter(([name]) => !spentHeaders.has(name));
  response.writeHead(answered.status, headers.flat());
  response.end(Buffer.from(await answered.arrayBuffer()));
}

function forward(request: IncomingMessage, body: Buffer, { fetch, target }: ProxyOptions): Promise<Response> {
  const headers = new Headers({ "accept-encoding": "identity" });
  for (const [name, value] of Object.entries(request.headersDistinct)) {
    if (!ownHeaders.has(name) && !name.startsWith("sec-")) headers.set(name, (value ?? []).join(", "));
  }
  const { method = "GET", url = "/" } = request;
  return fetch(target + url, {
    method,
    headers,
    redirect: "manual",
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
}

/** The body, whole, for it has to be signed, which is why no proxy package serves: they stream. Nothing when it is too long. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= longestBody) chunks.push(chunk);
  }
  return length <= longestBody ? Buffer.concat(chunks) : undefined;
}

function reject(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${sentence}\n`);
}
