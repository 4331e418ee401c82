import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers in place of the server behind the proxy, or (undefined) leaves it to that. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => "handled" | undefined;

export interface FaultyProxy {
  url: string;
  /** Has things go wrong from now on; nothing goes wrong when there is none. */
  setFault(fault?: Fault): void;
  stop(): Promise<void>;
}

/** Passes requests on to a real server, until told to misbehave. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let current: Fault | undefined;
  const server = createServer((incoming, outgoing) => {
    if (current?.(incoming, outgoing) === "handled") return;
    const { method = "GET", headers, url = "/" } = incoming;
    const passed = request(new URL(url, target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setFault: (fault) => {
      current = fault;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Answers every request with 500, as a store in trouble does. */
export const failing: Fault = (_, response) => {
  response.writeHead(500).end();
  return "handled";
};

/** Takes every request and says nothing. */
export const silent: Fault = () => "handled";

/** Cuts every connection. */
export const cutting: Fault = (incoming) => {
  incoming.socket.destroy();
  return "handled";
};

/** Begins an answer of this length for paths that match, sends a part of it, then falls silent or cuts the connection. */
export function halfway(path: RegExp, length: number, end: "silent" | "cut"): Fault {
  return ({ url = "", method }, response) => {
    if (method !== "GET" || !path.test(url)) return undefined;
    response.writeHead(200, { "content-length": length });
    response.write(Buffer.alloc(Math.floor(length / 2)), () => {
      if (end === "cut") setTimeout(() => response.destroy(), 50);
    });
    return "handled";
  };
}
