import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What the server says, byte by byte as text, and whether it closed the connection. */
export interface RawAnswer {
  text: string;
  /** Status of each answer, one after the other. */
  statuses: number[];
  closed: boolean;
}

/** Sends bytes that no HTTP client would, piece by piece, and listens for so many milliseconds, or until it is closed. */
export async function sendRaw(address: string, pieces: (string | Uint8Array)[], listen = 300): Promise<RawAnswer> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  // A server that resets the connection is a kind of answer.
  socket.on("error", () => undefined);
  let text = "";
  let closed = false;
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => {
      closed = true;
      resolve();
    });
  });
  for (const piece of pieces) {
    if (socket.writable) socket.write(piece);
    await sleep(5);
  }
  await Promise.race([ended, sleep(listen, undefined, { ref: false })]);
  const answer = { text, statuses: [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => Number(code)), closed };
  socket.destroy();
  return answer;
}
