import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a function said of an event. */
export interface Invoked {
  kind: "response" | "error";
  // biome-ignore lint/suspicious/noExplicitAny: an answer is what the test says it is
  body: any;
}

/** Bytes of a synchronous answer: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const longestAnswer = 6 * 1024 * 1024;

/** Milliseconds that a function has for an event; the API's own time-out is 29 s. */
const deadline = 29_000;

/**
 * Lambda's side of the runtime interface: hands events to a function that asks for the next one, one at a time, and takes its answers.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  /** What went wrong before the function asked for its first event. */
  readonly initError: Promise<unknown>;
  private readonly server = createServer((request, response) => void this.answer(request, response));
  private readonly queue: { id: string; event: unknown }[] = [];
  private readonly answered = new Map<string, (invoked: Invoked) => void>();
  private waiting: ServerResponse | undefined;
  private failInit: (error: unknown) => void = () => {};

  private constructor() {
    this.initError = new Promise((resolve) => {
      this.failInit = resolve;
    });
  }

  static async start(): Promise<RuntimeApi> {
    const api = new RuntimeApi();
    await once(api.server.listen(0, "127.0.0.1"), "listening");
    return api;
  }

  /** Host and port, as AWS_LAMBDA_RUNTIME_API has them. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Has the function handle an event. */
  invoke(event: unknown): Promise<Invoked> {
    const id = randomUUID();
    this.queue.push({ id, event });
    this.handOut();
    return new Promise((resolve) => this.answered.set(id, resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "" } = request;
    const [, id = "", kind] = /^\/2018-06-01\/runtime\/invocation\/([\w-]+)\/(response|error)$/.exec(url) ?? [];
    if (method === "GET" && url === "/2018-06-01/runtime/invocation/next") {
      this.waiting = response;
      return this.handOut();
    }
    const body = await text(request);
    if (method === "POST" && url === "/2018-06-01/runtime/init/error") this.failInit(JSON.parse(body));
    else if (kind === "response" && Buffer.byteLength(body) > longestAnswer) {
      return void response.writeHead(413).end('{"errorType":"RequestEntityTooLarge"}');
    } else if (kind) this.answered.get(id)?.({ kind: kind as Invoked["kind"], body: JSON.parse(body) });
    else return void response.writeHead(404).end();
    response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
  }

  private handOut(): void {
    const [next] = this.queue;
    if (!next || !this.waiting) return;
    this.queue.shift();
    this.waiting.writeHead(200, {
      "content-type": "application/json",
      "Lambda-Runtime-Aws-Request-Id": next.id,
      "Lambda-Runtime-Deadline-Ms": String(Date.now() + deadline),
      "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:predict",
      "Lambda-Runtime-Trace-Id": `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString("hex")};Parent=${randomBytes(8).toString("hex")};Sampled=0`,
    });
    this.waiting.end(JSON.stringify(next.event));
    this.waiting = undefined;
  }
}
