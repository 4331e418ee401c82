import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach } from "vitest";
import { createKaggleClient } from "../../../../core/kaggle/client.ts";
import type { KaggleOptions } from "../../../../core/kaggle/http.ts";

export interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

export interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => ({
  status,
  body: JSON.stringify(body),
  headers: { "content-type": "application/json", ...headers },
});
/** The connection breaks before an answer. */
export const lost: Answer = { status: 0, body: "" };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers by a function of what it was asked and the how-manieth question that was, and a client of it. */
export async function kaggle(answer: (asked: Asked, count: number) => Answer, options: Partial<KaggleOptions> = {}) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => Buffer.alloc(0));
    const { method = "", url: path = "", headers } = request;
    const question = { method, path, headers, body };
    asked.push(question);
    const { status, body: text, headers: given = {} } = answer(question, asked.length);
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, given).end(text);
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createKaggleClient({
    baseUrl: `${url}/api`,
    credentials: { username: "jane", key: "secret" },
    backoff: 1,
    ...options,
  });
  return {
    asked,
    url,
    client,
    bodies: () => asked.map(({ method, body }) => method === "POST" && JSON.parse(body.toString())),
  };
}
