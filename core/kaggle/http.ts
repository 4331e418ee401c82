import { z } from "zod";
import { errorMessage, TransientError, type TransientErrorOptions } from "../errors.ts";
import { type Fetch, type RequestOptions, readRetryAfter, readText, send } from "../http/request.ts";
import { type RetryPolicy, retry } from "../http/retry.ts";
import { parseJson } from "../json.ts";
import { authorization, type KaggleCredentials } from "./credentials.ts";
import { KaggleError } from "./errors.ts";

export interface KaggleOptions {
  credentials: KaggleCredentials;
  /** Address of the API, without `/v1`. */
  baseUrl: string;
  fetch?: Fetch;
  /** How often a call is tried before it fails as transient. Default 6. */
  attempts?: number;
  /** Milliseconds before the second attempt at least, 1.7 times as long before each one after it. Default 350. */
  backoff?: number;
  /** Milliseconds that the client waits at most when Kaggle names a time (`Retry-After`). Default 60 000. */
  longestWait?: number;
}

/** Address of the real service. */
export const kaggleApi = "https://api.kaggle.com";

/** Kaggle is away or busy. When it is busy, it has not carried out the call. */
export class KaggleAwayError extends TransientError {
  readonly busy: boolean;

  constructor(
    call: string,
    why: string,
    { busy = false, ...options }: TransientErrorOptions & { busy?: boolean } = {},
  ) {
    super(`Kaggle does not take ${call} (${why}). Start the execution again later.`, options);
    this.busy = busy;
  }
}

const rejection = z.object({ code: z.number().min(400), message: z.string().default("") });

/** Calls of Kaggle's API: always POST and JSON. */
export class KaggleHttp {
  readonly owner: string;
  private readonly fetch: Fetch | undefined;
  private readonly base: string;
  private readonly authorization: string;
  private readonly policy: RetryPolicy;

  constructor(options: KaggleOptions) {
    this.owner = options.credentials.username;
    this.authorization = authorization(options.credentials);
    this.base = options.baseUrl.replace(/\/+$/, "");
    this.fetch = options.fetch;
    this.policy = {
      maxAttempts: options.attempts ?? 6,
      initialInterval: options.backoff ?? 350,
      backoffCoefficient: 1.7,
      // An upload alone may take a quarter of an hour.
      maxElapsed: 3600_000,
      maxRetryAfter: options.longestWait,
    };
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

  /** Repeats what fails while Kaggle is away or busy and `may` allows it. @throws what the last attempt threw */
  retried<T>(once: (attempt: number) => Promise<T>, may = (_: KaggleAwayError) => true): Promise<T> {
    return retry(once, this.policy, { shouldRetry: (error) => error instanceof KaggleAwayError && may(error) });
  }

  /**
   * Sends a request. `accepted`: statuses beyond 2xx that are not failures here.
   * @throws KaggleAwayError when it may be sent again later; KaggleError when it is rejected
   */
  async send(
    call: string,
    url: string,
    init: Partial<RequestOptions>,
    accepted: readonly number[] = [],
  ): Promise<Response> {
    const response = await send(url, { fetch: this.fetch, timeout: 120_000, ...init }).catch((cause: unknown) => {
      throw new KaggleAwayError(call, errorMessage(cause), { cause });
    });
    if (accepted.includes(response.status)) return response;
    const text = isJson(response) || !response.ok ? await this.readText(call, response.clone()) : "";
    const said = rejection.safeParse(parseJson(text)).data;
    const status = response.ok ? (said?.code ?? response.status) : response.status;
    if (response.ok && status < 400) return response;
    if (status === 429 || status >= 500) {
      const options = { busy: status === 429, retryAfter: readRetryAfter(response) };
      throw new KaggleAwayError(call, `status ${status}`, options);
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
    const json = parseJson(await this.readText(call, response));
    // Under load Kaggle sends a page for people, with any status (unsloth's launcher for Kaggle met 429 and 503 so).
    if (json === undefined) throw new KaggleAwayError(call, "its answer is not JSON");
    const parsed = answer.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new KaggleError(call, response.status, `its answer is not as expected:\n${z.prettifyError(parsed.error)}`);
  }

  private readText(call: string, response: Response): Promise<string> {
    return readText(response).catch((cause: unknown) => {
      throw new KaggleAwayError(call, `the answer broke off: ${errorMessage(cause)}`, { cause });
    });
  }
}

const isJson = (response: Response) => (response.headers.get("content-type") ?? "").includes("json");
