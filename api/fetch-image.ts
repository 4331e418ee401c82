import { isIP } from "node:net";
import { Agent, request } from "undici";
import { predictLimits } from "../core/contracts/predict.ts";
import { FetchError, type FetchImage } from "./fetch-error.ts";
import { isPublicAddress, NotPublicError, publicLookup, type Resolve, resolveHost } from "./public-address.ts";

export interface FetchRules {
  resolve: Resolve;
  isPublic: (address: string) => boolean;
  ports: readonly number[];
  maxBytes: number;
  /** For the whole of it, redirects included. */
  milliseconds: number;
  redirects: number;
}

/** One message for hosts that are not public and hosts that are not there: the answer maps no network. */
const unreachable = "its host cannot be reached on the public internet";

/**
 * A `fetch` for addresses that strangers name: only http and https, ports 80 and 443, and public addresses, checked inside
 * the connection's own look-up at every redirect, within bounds of size and time. @throws FetchError
 */
export function createImageFetcher(change: Partial<FetchRules> = {}): FetchImage {
  const rules: FetchRules = {
    resolve: resolveHost,
    isPublic: isPublicAddress,
    ports: [80, 443],
    maxBytes: predictLimits.imageBytes,
    milliseconds: 10_000,
    redirects: 3,
    ...change,
  };
  const agent = new Agent({
    connect: { lookup: publicLookup(rules.resolve, rules.isPublic), timeout: 3_000 },
    maxHeaderSize: 16_384,
    maxResponseSize: rules.maxBytes,
    // Nothing is asked of the same host again soon, and an open connection would hold an address past its look-up.
    pipelining: 0,
  });
  return async (address, stop) => {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(rules.milliseconds)]);
    let url = checkUrl(address, rules);
    for (let redirects = 0; ; redirects++) {
      const found = await ask(agent, url, signal, rules).catch((error: unknown) => explain(error, rules));
      if (found instanceof Uint8Array) return found;
      if (redirects === rules.redirects) throw new FetchError(`it redirects more than ${rules.redirects} times`);
      url = checkUrl(found, rules, url);
    }
  };
}

function checkUrl(address: string, { ports, isPublic }: FetchRules, base?: URL): URL {
  const url = URL.parse(address, base);
  const where = base ? "it redirects to an address that" : "it";
  if (!url) throw new FetchError(`${where} is not a URL`);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new FetchError(`${where} is neither https nor http`);
  if (url.username || url.password) throw new FetchError(`${where} holds credentials`);
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  if (!ports.includes(port)) throw new FetchError(`${where} names a port other than 80 and 443`);
  // A connection to an address looks nothing up.
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) && !isPublic(host)) throw new FetchError(unreachable);
  return url;
}

/** The photograph, or where it has gone. */
async function ask(agent: Agent, url: URL, signal: AbortSignal, rules: FetchRules): Promise<Uint8Array | string> {
  const { statusCode, headers, body } = await request(url, {
    dispatcher: agent,
    signal,
    headers: { accept: "image/*", "accept-encoding": "identity", "user-agent": "avocado-ripening" },
  });
  // A body that is given up fails with an error of its own, which would end the process if it were not handled.
  body.on("error", () => undefined);
  try {
    if ([301, 302, 303, 307, 308].includes(statusCode)) {
      const location = headers.location;
      if (typeof location !== "string") throw new FetchError("it redirects to nowhere");
      return location;
    }
    if (statusCode !== 200) throw new FetchError(`it answers ${statusCode}`);
    const type =
      String(headers["content-type"] ?? "")
        .split(";")[0]
        ?.trim()
        .toLowerCase() ?? "";
    if (!/^(image\/(?!svg)|(application|binary)\/octet-stream$)/.test(type)) {
      throw new FetchError("its content type is not that of a photograph");
    }
    if (headers["content-encoding"] && headers["content-encoding"] !== "identity") {
      throw new FetchError("it is compressed, which was not asked for");
    }
    if (Number(headers["content-length"] ?? 0) > rules.maxBytes) throw tooLarge(rules);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > rules.maxBytes) throw tooLarge(rules);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    body.destroy();
  }
}

function tooLarge({ maxBytes }: FetchRules): FetchError {
  return new FetchError(`it has more than ${maxBytes} bytes`);
}

function explain(error: unknown, rules: FetchRules): never {
  if (error instanceof FetchError) throw error;
  const { name, code } = error as { name?: string; code?: string };
  if (name === "TimeoutError") throw new FetchError("it takes too long", { cause: error });
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") throw tooLarge(rules);
  if (error instanceof NotPublicError || code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "ECONNREFUSED") {
    throw new FetchError(unreachable, { cause: error });
  }
  throw new FetchError("its host does not answer as it should", { cause: error });
}
