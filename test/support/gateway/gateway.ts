import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type RequestParameters, readHeaderMapping } from "./mapping.ts";
import { type Caller, isSignedBy } from "./signature.ts";

export interface GatewayOptions {
  /** Address of the task behind the VPC link: `http://127.0.0.1:<port>`. */
  target: string;
  caller: Caller;
  region: string;
  /** Of the synthesised integration. */
  requestParameters?: RequestParameters;
  /**
   * The `Host` that the task sees where the integration does not overwrite it. Reports differ: a private integration with
   * Cloud Map is said to carry the task's address (the comment next to `overwrite:header.Host` in a public Terraform
   * configuration of this very design), one with a load balancer the API's name. AWS documents neither.
   */
  host?: "api-name" | "task-address";
  /** Milliseconds after which the integration has timed out. */
  timeout?: number;
  /**
   * HTTP APIs answer 503 in the report of cortexlabs/cortex#1225, which has the whole answer of one with a VPC link; others
   * name 504.
   */
  timeoutStatus?: 503 | 504;
}

/** The name of the API in an account, and the address under which Cloud Map would have the task. */
export const apiName = "abcde12345.execute-api.us-east-1.amazonaws.com";
export const taskAddress = "10.42.0.17:5000";

/** Quotas of HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const quotas = { timeout: 30_000, body: 10 * 1024 * 1024, requestLineAndHeaderValues: 10_240 };

/**
 * A stand-in for an API Gateway HTTP API with IAM authorisation, a VPC link and Cloud Map. Its own address takes the place of the
 * API's: that is what clients call and sign.
 */
export async function startGateway(options: GatewayOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const mapping = readHeaderMapping(options.requestParameters ?? {});
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (incoming, outgoing) => {
    answer(incoming, outgoing, mapping, options).catch(() => outgoing.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  mapping: Record<string, string>,
  options: GatewayOptions,
) {
  // The quota is documented, the answer is not.
  if (sizeOf(incoming) > quotas.requestLineAndHeaderValues) return reject(outgoing, 431, "Request Header Too Large");
  const body = await buffer(incoming);
  if (body.length > quotas.body) return reject(outgoing, 413, "Request Entity Too Large");
  // Unsigned, signed by another and signed otherwise are all told the same.
  if (!(await isSignedBy(incoming, body, options.caller, options.region))) return reject(outgoing, 403, "Forbidden");
  forward(incoming, outgoing, body, { ...headersFor(incoming, options.host), ...mapping }, options);
}

function forward(
  { method = "GET", url = "/" }: IncomingMessage,
  outgoing: ServerResponse,
  body: Buffer,
  headers: OutgoingHttpHeaders,
  { target, timeout = quotas.timeout, timeoutStatus = 503 }: GatewayOptions,
): void {
  const { hostname, port } = new URL(target);
  const passed = request({ hostname, port, method, path: url, headers, setHost: false }, (response) => {
    clearTimeout(timer);
    outgoing.writeHead(response.statusCode ?? 502, { ...response.headers, "apigw-requestid": requestId() });
    response.pipe(outgoing);
  });
  const timer = setTimeout(() => {
    reject(outgoing, timeoutStatus, timeoutStatus === 503 ? "Service Unavailable" : "Gateway Timeout");
    passed.destroy();
  }, timeout);
  passed.on("error", () => {
    clearTimeout(timer);
    // No task is registered with Cloud Map, or it does not take the connection.
    if (!outgoing.headersSent) reject(outgoing, 503, "Service Unavailable");
    else if (!outgoing.writableEnded) outgoing.destroy();
  });
  passed.end(body);
}

/**
 * Headers as the task sees them. An HTTP API says in one `Forwarded` header what came in X-Forwarded ones, and names itself in
 * `Via`: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html, and the
 * request that a server behind Cloud Map printed in openabdev/openab#1275.
 */
function headersFor({ headers, socket }: IncomingMessage, host: GatewayOptions["host"]): OutgoingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !/^(connection|keep-alive|host|x-forwarded-.*)$/.test(name));
  return {
    ...Object.fromEntries(kept),
    host: host === "task-address" ? taskAddress : apiName,
    forwarded: `for=${socket.remoteAddress};host=${apiName};proto=https`,
    via: "HTTP/1.1 AmazonAPIGateway",
    "x-amzn-trace-id": `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`,
  };
}

function sizeOf({ method = "", url = "", rawHeaders }: IncomingMessage): number {
  const values = rawHeaders.filter((_, i) => i % 2 === 1);
  return [`${method} ${url} HTTP/1.1`, ...values].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function reject(outgoing: ServerResponse, status: number, message: string): void {
  const headers = { "content-type": "application/json", "apigw-requestid": requestId() };
  outgoing.writeHead(status, headers).end(JSON.stringify({ message }));
}

const requestId = () => randomBytes(11).toString("base64url");
