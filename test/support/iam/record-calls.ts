import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";
import type { ClientRequest } from "node:http";

/*
 * Writes down what a Lambda or the trainer asks of AWS and of MLflow, one JSON object a line, into the file that RECORD_CALLS
 * names. Loaded into every process of a local stack by NODE_OPTIONS=--import; in any other process it does nothing.
 */

/** One request of a program. */
export interface RecordedCall {
  program: string;
  /** As signatures name it; `http` for a request that is not signed. */
  service: string;
  method: string;
  /** With the query. */
  path: string;
  /** Operation, where the protocol names it in a header. */
  target?: string;
  /** Of protocols that name the operation in a header: what it is about. */
  body?: string;
}

const file = process.env.RECORD_CALLS;
const program = process.env.AWS_LAMBDA_FUNCTION_NAME?.replace(/^avocado-[a-z0-9]+-/, "") ?? trainer();
if (file && program) record(file, program);

function trainer(): string | undefined {
  return process.argv[1]?.endsWith("training/tfjs/main.ts") ? "trainer" : undefined;
}

function record(path: string, name: string): void {
  const write = (call: Omit<RecordedCall, "program">) =>
    appendFileSync(path, `${JSON.stringify({ program: name, ...call })}\n`);
  subscribe("http.client.request.created", (message) => {
    const { request } = message as { request: ClientRequest };
    const chunks: string[] = [];
    const end = request.end.bind(request);
    const keep = (chunk: unknown) => {
      if (typeof chunk === "string" || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk).toString());
    };
    const send = request.write.bind(request);
    const targeted = () => request.getHeader("x-amz-target") !== undefined;
    request.write = ((chunk: unknown, ...rest: []) => {
      if (targeted()) keep(chunk);
      return send(chunk, ...rest);
    }) as typeof request.write;
    request.end = ((chunk?: unknown, ...rest: []) => {
      if (targeted()) keep(chunk);
      const [, service] = /\/([\w-]+)\/aws4_request/.exec(String(request.getHeader("authorization"))) ?? [];
      const target = request.getHeader("x-amz-target");
      const about = { target: String(target), body: chunks.join("") };
      if (service) write({ service, method: request.method, path: request.path, ...(target !== undefined && about) });
      return end(chunk, ...rest);
    }) as typeof request.end;
  });
  subscribe("undici:request:create", (message) => {
    const { request } = message as { request: { method: string; path: string } };
    write({ service: "http", method: request.method, path: request.path });
  });
}
