import type { Logger } from "@aws-lambda-powertools/logger";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type { Api } from "../../api/api.ts";
import { createRequest } from "../../api/body.ts";

/** A Lambda behind an HTTP API of API Gateway. */
export type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

/** Answers API Gateway's events (payload format 2.0) with what the API answers; its log lines name the invocation. */
export function handleEvents(fetch: Api["fetch"], logger: Logger): Handler {
  return async (event, context) => {
    logger.addContext(context);
    return toResult(await fetch(toRequest(event), { id: context.awsRequestId }));
  };
}

/** The request that an event carries. */
export function toRequest(event: APIGatewayProxyEventV2): Request {
  const { method, path } = event.requestContext.http;
  // The gateway has chosen the route by the path as it is: nothing in it may become another path here.
  const plainPath = path.replaceAll("/.", "/%2e").replaceAll("%", "%25");
  return createRequest(method, `${plainPath}?${event.rawQueryString}`, toHeaders(event), () => bodyOf(event));
}

function toHeaders({ headers }: APIGatewayProxyEventV2): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    // As bytes, which is what headers are made of: the gateway reads them as UTF-8.
    value === undefined ? [] : [[name, Buffer.from(value).toString("latin1")]],
  );
}

/** The bytes of the body, decoded when they are read. */
async function* bodyOf({ body, isBase64Encoded }: APIGatewayProxyEventV2): AsyncGenerator<Uint8Array> {
  if (body) yield Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
}

/** A response as API Gateway takes it: base64 where its body is compressed. */
async function toResult(response: Response): Promise<APIGatewayProxyStructuredResultV2> {
  const { status: statusCode } = response;
  const headers = Object.fromEntries(response.headers);
  if (!response.headers.has("content-encoding")) return { statusCode, headers, body: await response.text() };
  return { statusCode, headers, body: Buffer.from(await response.bytes()).toString("base64"), isBase64Encoded: true };
}
