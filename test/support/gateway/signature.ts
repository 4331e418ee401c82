import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

/** An AWS identity that may call the API. */
export interface Caller {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Milliseconds by which the clock of a caller may differ. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
const clockTolerance = 5 * 60_000;

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** True when the request carries a valid Signature Version 4 of this caller for `execute-api` in this region. */
export async function isSignedBy(request: IncomingMessage, body: Buffer, caller: Caller, region: string) {
  const [, keyId, , signedRegion, service, names = "", signature] =
    form.exec(request.headers.authorization ?? "") ?? [];
  const date = readDate(request.headers["x-amz-date"]);
  if (!date || Math.abs(Date.now() - date.getTime()) > clockTolerance) return false;
  if (keyId !== caller.accessKeyId || signedRegion !== region || service !== "execute-api") return false;
  const signed = names.split(";");
  if (!signed.includes("host") || request.headers["x-amz-security-token"] !== caller.sessionToken) return false;
  const hash = request.headers["x-amz-content-sha256"];
  if (hash !== undefined && hash !== createHash("sha256").update(body).digest("hex")) return false;
  return (await sign(request, body, signed, date, caller, region)).endsWith(`Signature=${signature}`);
}

/** The `Authorization` header that the caller would have sent for what arrived. */
async function sign(
  request: IncomingMessage,
  body: Buffer,
  signed: string[],
  signingDate: Date,
  caller: Caller,
  region: string,
) {
  const [path = "", search = ""] = (request.url ?? "/").split("?", 2);
  const headers = Object.fromEntries(signed.map((name) => [name, String(request.headers[name] ?? "")]));
  const signer = new SignatureV4({ service: "execute-api", region, credentials: caller, sha256: Sha256 });
  const { method = "GET" } = request;
  const asked = { method, protocol: "https:", hostname: "", path, query: queryOf(search), headers, body };
  const { authorization = "" } = (await signer.sign(asked, { signingDate })).headers;
  return authorization;
}

/** A query as it is signed: only what is percent-encoded is decoded, a `+` is a plus sign. */
function queryOf(search: string): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const pair of search.split("&").filter(Boolean)) {
    const [key = "", value = ""] = pair.split(/=(.*)/s, 2).map(decodeURIComponent);
    query[key] = [...(query[key] ?? []), value];
  }
  return query;
}

function readDate(header: string | string[] | undefined): Date | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(header)) ?? [];
  const [year = 0, month = 0, day, hours, minutes, seconds] = parts.map(Number);
  return parts.length === 0 ? undefined : new Date(Date.UTC(year, month - 1, day, hours, minutes, seconds));
}
