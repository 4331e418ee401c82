/** Request parameters of an integration that write headers, as CloudFormation has them: `overwrite:header.host`. */
export type RequestParameters = Record<string, string>;

/**
 * Headers that API Gateway does not let a mapping touch; `Host` is not among them.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html, "Reserved headers"
 */
const reserved =
  /^(access-control-.*|apigw-.*|authorization|connection|content-(encoding|length|location)|forwarded|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|x-amz-.*|x-amzn-.*|x-forwarded-(for|host|proto)|via)$/;

/**
 * Reads the constant headers that an integration overwrites.
 * @throws Error for what API Gateway rejects at deployment, and for what this stand-in does not know
 */
export function readHeaderMapping(parameters: RequestParameters): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => {
      const [, name = ""] = /^overwrite:header\.([\w-]+)$/.exec(key) ?? [];
      if (!name || value.includes("$")) throw new Error(`This gateway does not know the mapping ${key} = ${value}`);
      if (reserved.test(name.toLowerCase())) throw new Error(`Operations on header ${name} are restricted`);
      return [name.toLowerCase(), value];
    }),
  );
}
