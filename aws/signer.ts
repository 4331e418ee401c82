import { Sha256 } from "@aws-crypto/sha256-js";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { SignatureV4 } from "@smithy/signature-v4";

/** What signing needs; by default with the credentials that this process runs with. */
export interface SigningOptions {
  region: string;
  credentials?: ConstructorParameters<typeof SignatureV4>[0]["credentials"];
}

interface Signable {
  method: string;
  /** As it will be sent: see `signableUrl`. */
  url: URL;
  contentType?: string | undefined;
  body?: string | Uint8Array | undefined;
}

/** The headers that authorise a request to an IAM-authorised HTTP API. */
export type Signer = (request: Signable, date?: Date) => Promise<Record<string, string>>;

/** Signs method, address, content type and body with Signature Version 4; other headers may change on the way. */
export function createSigner(options: SigningOptions): Signer {
  const signer = new SignatureV4({
    service: "execute-api",
    region: options.region,
    credentials: options.credentials ?? defaultProvider(),
    sha256: Sha256,
  });
  return async ({ method, url, contentType, body }, date) => {
    const request = {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url),
      headers: { host: url.host, ...(contentType !== undefined && { "content-type": contentType }) },
      ...(body !== undefined && { body }),
    };
    const { headers } = await signer.sign(request, date ? { signingDate: date } : {});
    const { host: _, ...sent } = headers;
    return sent;
  };
}

/**
 * An address whose query is written as signatures read it: a space is `%20`, and every character that may be escaped is. One
 * written otherwise would be signed as one thing and read as another.
 */
export function signableUrl(address: string): URL {
  const url = new URL(address);
  const pairs = [...url.searchParams].map(([key, value]) => `${escapeFully(key)}=${escapeFully(value)}`);
  url.search = pairs.join("&");
  return url;
}

function escapeFully(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
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
