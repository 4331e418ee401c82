import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { errorMessage, TransientError } from "../errors.ts";
import { authorization, type KaggleCredentials } from "./credentials.ts";
import { KaggleError } from "./errors.ts";

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface KaggleOptions {
  credentials: KaggleCredentials;
  /** Address of the API, without `/v1`. */
  baseUrl: string;
  fetch?: Fetch;
  /** How often a call is tried before it fails as transient. Default 6. */
  attempts?: number;
  /** Milliseconds before the second attempt, 1.7 times as long before each one after it. Default 500. */
  backoff?: number;
  /** Milliseconds that the client waits at most when Kaggle names a time (`Retry-After`). Default 60 000. */
  longestWait?: number;
}

/** Address of the real service. */
export const kaggleApi = "https://api.kaggle.com";

/** Kaggle is away or busy; `retryAfter` in milliseconds, where it said so. */
export class KaggleAwayError extends TransientError {
  readonly busy: boolean;
  readonly retryAfter: number | undefined;

  constructor(
    call: string,
    why: string,
    options: { busy?: boolean; retryAfter?: number | undefined; cause?: unknown },
  ) {
    super(`Kaggle does not take ${call} (${why}). Start the execution again later.`, { cause: options.cause });
    this.busy = options.busy ?? false;
    this.retryAfter = options.retryAfter;
  }
}

const rejection = z.object({ code: z.number().min(400), message: z.string().default("") });

/** Calls of Kaggle's API: always POST and JSON. */
export class KaggleHttp {
  readonly owner: string;
  private readonly fetch: Fetch;
  private readonly attempts: number;
  private readonly base: string;
  private readonly authorization: string;
  private readonly backoff: number;
  private readonly longestWait: number;

  constructor(options: KaggleOptions) {
    this.owner = options.credentials.username;
    this.authorization = authorization(options.credentials);
    this.base = options.baseUrl.replace(/\/+$/, "");
    this.fetch = options.fetch ?? fetch;
    this.attempts = options.attempts ?? 6;
    this.backoff = options.backoff ?? 500;
    this.longestWait = options.longestWait ?? 60_000;
  }

  /** Calls what may safely be called twice. @throws KaggleError, TransientError */
  call<T>(method: string, body: object, answer: z.ZodType<T>): Promise<T> {
    return this.retried(async () => this.parse(method, await this.post(method, body), answer));
  }

  /**
   * Calls what must not happen twice. It is repeated only when Kaggle said that it was too busy to do it; after any other
   * failure the caller looks what came of it. @throws KaggleError, TransientError
   */
  callOnce<T>(method: string, body: object, answer: z.ZodType<T>): Promise<T> {
    return this.retried(
      async () => this.parse(method, await this.post(method, body), answer),
      (error) => error.busy,
    );
  }

  /** Opens a signed address, which takes no credentials. @throws KaggleError, TransientError */
  open(url: string): Promise<Response> {
    return this.retried(() => this.send(`GET ${new URL(url).pathname}`, url, {}));
  }

  /** Waits before the next attempt. @throws the error that ended this one when there is to be no other */
  async pause(attempt: number, error: KaggleAwayError): Promise<void> {
    const wait = error.retryAfter ?? this.backoff * 1.7 ** (attempt - 1) * (0.5 + Math.random());
    if (attempt >= this.attempts || wait > this.longestWait) throw error;
    await sleep(wait);
  }

  /**
   * Sends a request. `accepted`: statuses beyond 2xx that are not failures here.
   * @throws KaggleAwayError when it may be sent again later; KaggleError when it is rejected
   */
  async send(call: string, url: string, init: RequestInit, accepted: readonly number[] = []): Promise<Response> {
    let response: Response;
    try {
      response = await this.fetch(url, { signal: AbortSignal.timeout(120_000), ...init });
    } catch (cause) {
      throw new KaggleAwayError(call, networkProblem(cause), { cause });
    }
    if (accepted.includes(response.status)) return response;
    const text = isJson(response) || !response.ok ? await readText(call, response.clone()) : "";
    const said = rejection.safeParse(parseJson(text)).data;
    const status = response.ok ? (said?.code ?? response.status) : response.status;
    if (response.ok && status < 400) return response;
    if (status === 429 || status >= 500) {
      const retryAfter = parseRetryAfter(response.headers.get("retry-after"));
      throw new KaggleAwayError(call, `status ${status}`, { busy: status === 429, retryAfter });
    }
    throw new KaggleError(call, status, (said?.message ?? text).slice(0, 500));
  }

  private post(method: string, body: object): Promise<Response> {
    const headers = {
      "content-type": "application/json",
      authorization: this.authorization,
      "user-agent": "avocado-ripening",
    };
    return this.send(method, `${this.base}/v1/${method}`, { method: "POST", headers, body: JSON.stringify(body) });
  }

  private async parse<T>(call: string, response: Response, answer: z.ZodType<T>): Promise<T> {
    const json = parseJson(await readText(call, response));
    // Under load Kaggle sends a page for people, with any status (unsloth's launcher for Kaggle met 429 and 503 so).
    if (json === undefined) throw new KaggleAwayError(call, "its answer is not JSON", {});
    const parsed = answer.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new KaggleError(call, response.status, `its answer is not as expected:\n${z.prettifyError(parsed.error)}`);
  }

  private async retried<T>(once: () => Promise<T>, may = (_: KaggleAwayError) => true): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once();
      } catch (error) {
        if (!(error instanceof KaggleAwayError) || !may(error)) throw error;
        await this.pause(attempt, error);
      }
    }
  }
}

/** Milliseconds of a `Retry-After`, which is a number of seconds or a date. */
function parseRetryAfter(value: string | null): number | undefined {
  if (!value) return undefined;
  const wait = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

async function readText(call: string, response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw new KaggleAwayError(call, `the answer broke off: ${networkProblem(cause)}`, { cause });
  }
}

const isJson = (response: Response) => (response.headers.get("content-type") ?? "").includes("json");

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `fetch failed` says nothing; its cause does. */
function networkProblem(error: unknown): string {
  return errorMessage(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}
