import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** Below this an answer fits into one packet anyway. */
const minBytes = 1_400;

const compress = promisify(gzip);

/** What every answer has: the request's id, no guessing of types, and gzip where that helps and the caller can read it. */
export function finish(): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  const complete = async (request: {
    event: APIGatewayProxyEventV2;
    response: APIGatewayProxyStructuredResultV2 | null;
    context: { awsRequestId: string };
  }) => {
    const { response, event, context } = request;
    if (!response) return;
    response.headers = {
      ...response.headers,
      "x-request-id": context.awsRequestId,
      "x-content-type-options": "nosniff",
    };
    const { body } = response;
    if (!body || response.isBase64Encoded || Buffer.byteLength(body) < minBytes) return;
    response.headers.vary = "accept-encoding";
    if (!/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(event.headers["accept-encoding"] ?? "")) return;
    response.headers["content-encoding"] = "gzip";
    response.body = (await compress(body)).toString("base64");
    response.isBase64Encoded = true;
  };
  return { after: complete, onError: complete };
}
