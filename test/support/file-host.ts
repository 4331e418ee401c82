import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Answering = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A host of files for one test. Each request is answered by the next of the answers, the last one for ever.
 * @returns its address and the `Range` of each request
 */
export async function startFileHost(...answers: [Answering, ...Answering[]]) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const answer = answers[Math.min(ranges.length, answers.length) - 1] ?? answers[0];
    void answer(request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ranges };
}

/**
 * Serves the content as a good host does, ranges too. Unless it is to be wrong: after so many bytes it cuts the
 * connection, or falls silent.
 */
export function serve(content: Uint8Array, wrong: { cutAfter?: number; silentAfter?: number } = {}): Answering {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const range = `bytes ${start}-${content.length - 1}/${content.length}`;
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": content.length - start,
      ...(start > 0 && { "content-range": range }),
    });
    const stop = wrong.cutAfter ?? wrong.silentAfter;
    if (stop === undefined) return response.end(content.subarray(start));
    return response.write(content.subarray(start, start + stop), () => {
      // Long enough for the other side to have read what came, also on a busy machine.
      if (wrong.cutAfter !== undefined) setTimeout(() => response.destroy(), 400);
    });
  };
}

/** Answers with a status and a body. */
export function answer(status: number, body = "", headers: Record<string, string> = {}): Answering {
  return (_, response) => response.writeHead(status, headers).end(body);
}
