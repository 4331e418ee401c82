import { z } from "zod";
import type { Fetch } from "../core/http/request.ts";
import { createSigner, type SigningOptions, signableUrl } from "./signer.ts";

/** How requests to a server of ours are authorised: not at all, or signed with the caller's own role. */
export const authorisation = z.enum(["none", "sigv4"]).default("none");

/** The `fetch` for a server of ours. */
export function fetchWith(auth: z.infer<typeof authorisation>, region: string): Fetch {
  return auth === "sigv4" ? createSignedFetch({ region }) : fetch;
}

/** A `fetch` that signs each request for an IAM-authorised HTTP API. Bodies are text or bytes. */
export function createSignedFetch(options: SigningOptions): Fetch {
  const sign = createSigner(options);
  return async (address, init) => {
    const url = signableUrl(address);
    const headers = new Headers(init.headers);
    const contentType = headers.get("content-type") ?? undefined;
    const signed = await sign({ method: init.method ?? "GET", url, contentType, body: bodyOf(init) });
    for (const [name, value] of Object.entries(signed)) headers.set(name, value);
    return fetch(url, { ...init, headers });
  };
}

function bodyOf({ body }: RequestInit): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  throw new TypeError("Only a body of text or bytes can be signed");
}
