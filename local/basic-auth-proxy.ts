import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";

/** A proxy of a loopback server that asks for a password (HTTP basic authentication). */
export interface BasicAuthProxy {
  url: string;
  close(): Promise<void>;
}

/**
 * Opens a loopback port through which who has the password reaches the server at `target`, which sees requests as if they
 * came from this machine: MLflow rejects other host names.
 */
export async function startBasicAuthProxy(target: string, username: string, password: string): Promise<BasicAuthProxy> {
  const { hostname, port, host } = new URL(target);
  const wanted = Buffer.from(`Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`);
  const server = createServer((incoming, outgoing) => {
    const given = Buffer.from(incoming.headers.authorization ?? "");
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      outgoing.writeHead(401, { "www-authenticate": 'Basic realm="MLflow"' }).end();
      return;
    }
    const { authorization: _, origin: __, ...headers } = incoming.headers;
    const { method, url: path } = incoming;
    const onward = request({ hostname, port, method, path, headers: { ...headers, host } }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing, () => {});
    });
    onward.on("error", () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
    pipeline(incoming, onward, () => {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
