import { Sha256 } from "@aws-crypto/sha256-js";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { SignatureV4 } from "@smithy/signature-v4";

/** What signing needs; by default with the credentials that this process runs with. */
export interface SigningOptions {
  region: string;
  credentials?: ConstructorParameters<typeof SignatureV4>[0]["credentials"];
}

/** A `fetch` that signs each request for an IAM-authorised HTTP API. Bodies are text. */
export function createSignedFetch(options: SigningOptions): (url: string, init: RequestInit) => Promise<Response> {
  const signer = new SignatureV4({
    service: "execute-api",
    region: options.region,
    credentials: options.credentials ?? defaultProvider(),
    sha256: Sha256,
  });
  return async (address, init) => {
    const url = new URL(address);
    // A space written as `+` would be signed as one thing and read as another.
    url.search = url.search.replaceAll("+", "%20");
    const headers = { ...Object.fromEntries(new Headers(init.headers)), host: url.host };
    const signed = await signer.sign({
      method: init.method ?? "GET",
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url),
      headers,
      ...(typeof init.body === "string" && { body: init.body }),
    });
    const { host: _, ...sent } = signed.headers;
    return fetch(url, { ...init, headers: sent });
  };
}

/** A key that occurs more than once keeps all its values. */
function queryOf({ searchParams }: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const key of new Set(searchParams.keys())) {
    const values = searchParams.getAll(key);
    query[key] = values.length === 1 ? (values[0] as string) : values;
  }
  return query;
}
