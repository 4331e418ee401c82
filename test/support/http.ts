import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface Answer {
  status: number;
  body: string;
}

/** The connection breaks before an answer. */
export const lostAnswer: Answer = { status: 0, body: "" };

/** What the server was asked; the body as parsed JSON. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

/** A server for one test, which gives these answers in turn, the last one for ever, and notes what it was asked. */
export async function startAnswering(...answers: [Answer, ...Answer[]]): Promise<{ address: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const sent = await text(request);
    const { method = "", url: path = "", headers } = request;
    asked.push({ method, path, headers, body: sent ? JSON.parse(sent) : undefined });
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? answers[0];
    if (answer === lostAnswer) request.socket.destroy();
    else response.writeHead(answer.status).end(answer.body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
