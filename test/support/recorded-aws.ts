import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** An answer as it comes over the wire. */
export interface RecordedAnswer {
  status?: number;
  body?: string;
  /** Error code of the JSON protocols. */
  error?: string;
}

/**
 * Answers by operation (`DescribeStacks`), for REST services by method and path (`HEAD /bucket`). A key may go on with a word of the
 * request's body (`GetRole AWSServiceRoleForECS`), which then has to be in it.
 */
export type Recording = Readonly<Record<string, RecordedAnswer>>;

/** A server that answers AWS's clients with recorded answers. What has no answer is rejected as not permitted, as IAM rejects it. */
export async function startRecordedAws(recording: Recording) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const operation = operationOf(request, body);
    asked.push(operation);
    const keys = Object.keys(recording).filter((key) => {
      const [name, ...words] = key.startsWith("/") || / \//.test(key) ? [key] : key.split(" ");
      return name === operation && words.every((word) => body.includes(word));
    });
    // The longest says most.
    const [key] = keys.sort((a, b) => b.length - a.length);
    const answer = key === undefined ? rejection(request, operation) : (recording[key] as RecordedAnswer);
    const headers = { "content-type": answer.body?.startsWith("<") ? "text/xml" : "application/x-amz-json-1.1" };
    response.writeHead(answer.status ?? 200, { ...headers, ...(answer.error && { "x-amzn-errortype": answer.error }) });
    response.end(request.method === "HEAD" ? undefined : answer.body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => new Promise((closed) => server.close(closed));
  return { url, asked, stop };
}

function operationOf(request: IncomingMessage, body: string): string {
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") return target.split(".").at(-1) ?? target;
  const form = /(?:^|&)Action=(\w+)/.exec(body)?.[1];
  const cbor = /\/operation\/(\w+)$/.exec(request.url ?? "")?.[1];
  return form ?? cbor ?? `${request.method} ${request.url?.split("?")[0]}`;
}

/** Each protocol says in its own way that a caller may not. */
function rejection(request: IncomingMessage, operation: string): RecordedAnswer {
  const message = `User: arn:aws:iam::123456789012:user/jane is not authorized to perform: service:${operation.replaceAll(/\W/g, "")}`;
  const target = request.headers["x-amz-target"] ?? "";
  if (target || !/^\w+$/.test(operation)) {
    const error = "AccessDeniedException";
    // HEAD has no body, so the error has no name there.
    if (request.method === "HEAD") return { status: 403 };
    return { status: target ? 400 : 403, error, body: JSON.stringify({ __type: error, message, Message: message }) };
  }
  const error = `<Code>AccessDenied</Code><Message>${message}</Message>`;
  return { status: 403, body: `<ErrorResponse><Error><Type>Sender</Type>${error}</Error></ErrorResponse>` };
}
