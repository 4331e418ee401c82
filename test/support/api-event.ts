import type { APIGatewayProxyEventV2, Context } from "aws-lambda";

/** A request as an HTTP API hands it to its Lambda. */
export async function toEvent(request: Request): Promise<APIGatewayProxyEventV2> {
  const { pathname, search } = new URL(request.url);
  const body = Buffer.from(await request.bytes());
  return {
    version: "2.0",
    routeKey: `${request.method} ${pathname}`,
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: Object.fromEntries(request.headers),
    requestContext: { http: { method: request.method, path: pathname } },
    isBase64Encoded: body.length > 0,
    ...(body.length > 0 && { body: body.toString("base64") }),
  } as APIGatewayProxyEventV2;
}

/** The same of a request without more than a form, which is encoded as a browser would. */
export function apiEvent(method: string, path: string, form?: FormData): Promise<APIGatewayProxyEventV2> {
  return toEvent(apiRequest(method, path, form && { body: form }));
}

/** A request to the API. */
export function apiRequest(method: string, path: string, init: RequestInit = {}): Request {
  return new Request(`http://localhost${path}`, { method, ...init });
}

export const lambdaContext = { awsRequestId: "request-1", functionName: "test" } as Context;

/** The form of `POST /predict`. */
export function predictForm(images: (Uint8Array | Blob)[], conditions: string[]): FormData {
  const form = new FormData();
  for (const [i, image] of images.entries()) {
    form.append("image_files", image instanceof Blob ? image : new Blob([new Uint8Array(image)]), `photo-${i + 1}.jpg`);
  }
  for (const condition of conditions) form.append("storage_conditions", condition);
  return form;
}
