import type { APIGatewayProxyEventV2, Context } from "aws-lambda";

/** A request as an HTTP API hands it to its Lambda; a form is encoded as a browser would. */
export async function apiEvent(method: string, path: string, form?: FormData): Promise<APIGatewayProxyEventV2> {
  const request = form && new Response(form);
  const body = request && Buffer.from(await request.arrayBuffer()).toString("base64");
  const type = request?.headers.get("content-type");
  return {
    version: "2.0",
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: "",
    headers: { ...(type && { "content-type": type }) },
    requestContext: { http: { method, path } },
    isBase64Encoded: body !== undefined,
    ...(body !== undefined && { body }),
  } as APIGatewayProxyEventV2;
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
