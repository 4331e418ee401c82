import { once } from "node:events";
import { Agent, request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { toResponse } from "../../../../../api/answer.ts";
import { chunksOf } from "../../../../../api/body.ts";
import { MemoryBudget } from "../../../../../api/memory.ts";
import { problemAnswer } from "../../../../../api/problem.ts";
import { createHttpServer, type Fetch, type ServerSettings } from "../../../../../cli/commands/serve/http-server.ts";
import { listen } from "../../../../support/adapters.ts";
import { hostileConnections } from "../../../../support/hostile/connections.ts";
import { sendRaw } from "../../../../support/raw-http.ts";

/** A server that notes what its API was asked, once that has come whole. The API holds what it reads until it has answered. */
async function start(settings: ServerSettings = {}, answer: () => Promise<Response> = async () => new Response("ok")) {
  const asked: string[] = [];
  const fetch: Fetch = async (request, { memory }) => {
    try {
      for await (const chunk of chunksOf(request)) memory.hold(chunk.length);
    } catch (error) {
      return toResponse(problemAnswer(error, "1"), "1");
    }
    asked.push(`${request.method} ${request.url.replace("http://localhost", "")}`);
    return answer();
  };
  const server = createHttpServer(fetch, settings);
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, asked, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
const head = (line: string, ...headers: string[]) => [line, "Host: x", ...headers, "", ""].join("\r\n");

describe("a request that is no proper HTTP", () => {
  it.each(hostileConnections)("with $input reaches no handler", async ({ bytes, status }) => {
    const { address, asked } = await start();
    const { statuses, closed } = await sendRaw(address, [bytes]);
    expect(statuses).toEqual(status ? [status] : []);
    if (status !== 417) expect(closed).toBe(true);
    expect(asked).toEqual([]);
  });
});

describe("the address of a request", () => {
  it.each([
    ["GET //health HTTP/1.1", "GET //health"],
    ["GET http://other.example/health HTTP/1.1", "GET /health"],
    ["GET /docs/../reload-model HTTP/1.1", "GET /reload-model"],
    ["GET /%72eload-model HTTP/1.1", "GET /%72eload-model"],
    ["HEAD /health HTTP/1.1", "HEAD /health"],
    ["TRACE /health HTTP/1.1", "TRACE /health"],
    ["GET http://user:password@other.example/health HTTP/1.1", "GET /health"],
  ])("%s is read as %s", async (line, read) => {
    const { address, asked } = await start({ reloadToken: "secret" });
    await sendRaw(address, [head(line, "Connection: close")]);
    expect(asked).toEqual([read]);
  });

  it("may be no path at all, which is rejected", async () => {
    const { address, asked } = await start();
    expect((await sendRaw(address, [head("OPTIONS * HTTP/1.1", "Connection: close")])).statuses).toEqual([400]);
    expect(asked).toEqual([]);
  });
});

it("answers HEAD without a body", async () => {
  const { address } = await start();
  const { text } = await sendRaw(address, [head("HEAD /health HTTP/1.1", "Connection: close")]);
  expect(text).toMatch(/content-length: 2\r\n/);
  expect(text.endsWith("\r\n\r\n")).toBe(true);
});

describe("a body that is too large", () => {
  it.each([
    ["says so", (body: Uint8Array) => [head("POST / HTTP/1.1", `Content-Length: ${body.length}`), body]],
    [
      "does not say so",
      (body: Uint8Array) => [
        head("POST / HTTP/1.1", "Transfer-Encoding: chunked"),
        `${body.length.toString(16)}\r\n`,
        body,
      ],
    ],
  ])("is answered also when it %s and the client is still sending", async (_, pieces) => {
    const { address, asked } = await start({ maxBody: 1_000 });
    const { text, statuses } = await sendRaw(address, pieces(new Uint8Array(20_000_000)), 2_000);
    expect(statuses).toEqual([413]);
    expect(text).toContain('"code":"RequestTooLarge"');
    expect(text).toContain("connection: close");
    expect(asked).toEqual([]);
  });
});

describe("a body that the API does not read", () => {
  const unread = () => listen(async () => new Response("no\n", { status: 404 }), { maxBody: 100_000 });
  const chunk = (length: number) => [`${length.toString(16)}\r\n`, new Uint8Array(length), "\r\n0\r\n\r\n"];

  it("is dropped, and its connection takes the next request", async () => {
    const next = head("GET / HTTP/1.1", "Connection: close");
    const [first, ...rest] = chunk(90_000);
    const pieces = [head("POST / HTTP/1.1", "Transfer-Encoding: chunked"), `${first}`, ...rest, next];
    const { statuses, text } = await sendRaw(await unread(), pieces);
    expect(statuses).toEqual([404, 404]);
    expect(text.match(/connection: close/gi)).toHaveLength(1);
  });

  it("is as bounded as any other one", async () => {
    const pieces = [head("POST / HTTP/1.1", "Transfer-Encoding: chunked"), ...chunk(200_000)];
    const { statuses, text } = await sendRaw(await unread(), pieces, 2_500);
    expect(statuses).toEqual([413]);
    expect(text).toContain("connection: close");
  });

  it("is waited for: what never comes is sent away with 408", async () => {
    const settings = { headMilliseconds: 100, requestMilliseconds: 200 };
    const address = await listen(async () => new Response("no", { status: 404 }), settings);
    const { statuses } = await sendRaw(address, [head("POST / HTTP/1.1", "Content-Length: 100"), "a"], 5_000);
    expect(statuses).toEqual([408]);
  });
});

describe("many bodies at once", () => {
  it("are bounded together: beyond it the answer is 503, and afterwards there is room again", async () => {
    const { address } = await start({ memory: new MemoryBudget(1_500) }, async () => {
      await sleep(200);
      return new Response();
    });
    const ask = () => fetch(address, { method: "POST", body: new Uint8Array(1_000) }).then(({ status }) => status);
    expect((await Promise.all([ask(), sleep(50).then(ask)])).sort()).toEqual([200, 503]);
    expect(await ask()).toBe(200);
  });
});

describe("a client that", () => {
  const survives = async (address: string) => expect((await fetch(address)).status).toBe(200);

  it("goes away within its body leaves nothing behind", async () => {
    const { address, asked } = await start({ memory: new MemoryBudget(1_500) });
    for (let i = 0; i < 3; i++) {
      await sendRaw(address, [head("POST / HTTP/1.1", "Content-Length: 5000"), new Uint8Array(1_000)], 50);
    }
    await expect
      .poll(() => fetch(address, { method: "POST", body: new Uint8Array(1_400) }).then((r) => r.status))
      .toBe(200);
    expect(asked.length).toBeGreaterThan(0);
    await survives(address);
  });

  it("goes away before the answer does no harm", async () => {
    const { address } = await start({}, async () => {
      await sleep(100);
      return new Response("late");
    });
    await sendRaw(address, [head("GET / HTTP/1.1")], 20);
    await sleep(150);
    await survives(address);
  });

  it("asks whether it may send is told to go on", async () => {
    const { address } = await start();
    const { text } = await sendRaw(address, [
      head("POST / HTTP/1.1", "Content-Length: 2", "Expect: 100-continue"),
      "ab",
    ]);
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  it.each([
    ["never ends its head", ["GET / HTTP/1.1\r\nHost: x\r\n", "A: b\r\n"]],
    ["never ends its body", [head("POST / HTTP/1.1", "Content-Length: 100"), "a"]],
  ])("%s is sent away with 408", async (_, pieces) => {
    const { address } = await start({ headMilliseconds: 100, requestMilliseconds: 200 });
    const { statuses, closed } = await sendRaw(address, pieces, 5_000);
    expect({ statuses, closed }).toEqual({ statuses: [408], closed: true });
  });

  it("sends its body slowly keeps nobody out", async () => {
    const { address } = await start({ maxRequests: 1 });
    const slow = sendRaw(address, [head("POST / HTTP/1.1", "Content-Length: 2"), "a"], 300);
    await sleep(50);
    await survives(address);
    await slow;
  });

  it("opens more connections than there may be is not let in, and the others stay", async () => {
    const { address } = await start({ maxConnections: 2 });
    const { hostname, port } = new URL(address);
    const idle = [connect(Number(port), hostname), connect(Number(port), hostname)];
    await Promise.all(idle.map((socket) => once(socket, "connect")));
    expect(await sendRaw(address, [head("GET / HTTP/1.1")])).toMatchObject({ statuses: [], closed: true });
    for (const socket of idle) socket.destroy();
    await expect.poll(() => sendRaw(address, [head("GET / HTTP/1.1")]).then(({ statuses }) => statuses)).toEqual([200]);
  });
});

describe("a server that stops", () => {
  /** Asks on one connection for as long as it stays open. */
  async function askUntilClosed(address: string, agent: Agent): Promise<number[]> {
    const statuses: number[] = [];
    for (let i = 0; i < 100; i++) {
      const status = await new Promise<number>((resolve, reject) => {
        const asking = httpRequest(address, { agent }, (response) => {
          response.resume().on("end", () => resolve(response.statusCode ?? 0));
        });
        asking.on("error", reject).end();
        // Rejected, or closed in the moment between two requests: what no server can help, and clients try again.
      }).catch((error: NodeJS.ErrnoException) => {
        if (["ECONNREFUSED", "ECONNRESET"].includes(error.code ?? "")) return 0;
        throw error;
      });
      if (status === 0) return statuses;
      statuses.push(status);
    }
    throw new Error("it never stopped");
  }
  const closed = (server: Server) => new Promise((resolve) => server.close(resolve));

  it("finishes what runs, and asks clients that keep their connection to leave", async () => {
    const { address, server, asked } = await start({}, async () => {
      await sleep(50);
      return new Response();
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const asking = askUntilClosed(address, agent);
    await sleep(120);
    await closed(server);
    const statuses = await asking;
    expect(statuses.length).toBeGreaterThan(1);
    expect(statuses).toEqual(asked.map(() => 200));
  });
});
