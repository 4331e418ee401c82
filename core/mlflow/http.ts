import { z } from "zod";
import { errorMessage, NamedError, TransientError, type TransientErrorOptions } from "../errors.ts";
import { type Fetch, readRetryAfter, readText, send } from "../http/request.ts";
import { type RetryPolicy, retry } from "../http/retry.ts";
import { parseJson } from "../json.ts";

export interface MlflowOptions {
  /** Address of the server, without `/api`. */
  trackingUri: string;
  /** Default: the global `fetch`. In AWS one that signs. */
  fetch?: Fetch;
  /** How often a call is tried before it fails as transient. Default 5. */
  attempts?: number;
  /** Milliseconds before the second attempt at least, doubled for each one after it. Default 125. */
  backoff?: number;
  /**
   * Milliseconds for which a call is tried while a gateway says that nothing answers behind it (503, 504): a stopped
   * server, or its paused database. Default 2 minutes.
   */
  maxWait?: number;
  /** Milliseconds for one attempt. Default 35 s. */
  timeout?: number;
}

/** MLflow understood the call and rejected it. `errorCode` is MLflow's own, such as `RESOURCE_DOES_NOT_EXIST`. */
export class MlflowError extends NamedError {
  readonly errorCode: string;
  readonly status: number;

  constructor(call: string, status: number, errorCode: string, message: string) {
    super("MlflowError", `MLflow rejected ${call} (${errorCode}): ${message}`);
    this.errorCode = errorCode;
    this.status = status;
  }
}

/** Is it MLflow's rejection with this code? */
export function isErrorCode(error: unknown, errorCode: string): error is MlflowError {
  return error instanceof MlflowError && error.errorCode === errorCode;
}

/** The server is away for the moment; `startable` when a gateway says that nothing answers behind it. */
class AwayError extends TransientError {
  readonly startable: boolean;

  constructor(message: string, startable: boolean, options: TransientErrorOptions) {
    super(message, options);
    this.startable = startable;
  }
}

const transientStatuses = [429, 502, 503, 504];
const startableStatuses = [503, 504];
const rejection = z.object({ error_code: z.string(), message: z.string().default("") });

/** Calls of MLflow's REST API. By hand: MLflow has no client for Node, and the pipeline needs some twenty routes of it. */
export class MlflowHttp {
  readonly trackingUri: string;
  private readonly fetch: Fetch | undefined;
  private readonly policy: RetryPolicy;
  private readonly maxWait: number;
  private readonly timeout: number;

  constructor(options: MlflowOptions) {
    this.trackingUri = options.trackingUri.replace(/\/+$/, "");
    this.fetch = options.fetch;
    this.maxWait = options.maxWait ?? 120_000;
    const { attempts: maxAttempts = 5, backoff: initialInterval = 125 } = options;
    this.policy = { maxAttempts, initialInterval, maxRetryAfter: this.maxWait };
    this.timeout = options.timeout ?? 35_000;
  }

  /** Reads. @throws MlflowError, TransientError */
  get<T>(path: string, query: Record<string, string>, answer: z.ZodType<T>): Promise<T> {
    return this.retried(() => this.send("GET", `${path}?${new URLSearchParams(query)}`, undefined, answer));
  }

  /** Calls what may safely be called twice. @throws MlflowError, TransientError */
  call<T>(method: "POST" | "DELETE", path: string, body: object, answer: z.ZodType<T>): Promise<T> {
    return this.retried(() => this.send(method, path, body, answer));
  }

  /**
   * Creates what must not exist twice: when an attempt fails, the server may have carried it out all the same, so `find`
   * looks before the next one. @throws MlflowError, TransientError
   */
  create<T>(path: string, body: object, answer: z.ZodType<T>, find: () => Promise<T | undefined>): Promise<T> {
    return this.retried(async (attempt) => {
      const found = attempt > 1 ? await find() : undefined;
      return found ?? this.send("POST", path, body, answer);
    });
  }

  /** Attempts are counted, but a server that is starting is given time instead. */
  private retried<T>(once: (attempt: number) => Promise<T>): Promise<T> {
    const { maxAttempts } = this.policy;
    return retry(
      once,
      { ...this.policy, maxAttempts: Number.POSITIVE_INFINITY },
      {
        shouldRetry: (error, { attempt, elapsed }) =>
          error instanceof AwayError && (attempt < maxAttempts || (error.startable && elapsed < this.maxWait)),
      },
    );
  }

  private async send<T>(method: string, path: string, body: object | undefined, answer: z.ZodType<T>): Promise<T> {
    const call = `${method} ${path.replace(/\?.*/, "")}`;
    let response: Response;
    let text: string;
    try {
      response = await send(`${this.trackingUri}/api/2.0/mlflow/${path}`, {
        method,
        fetch: this.fetch,
        timeout: this.timeout,
        ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body, keepNaN) }),
      });
      text = await readText(response);
    } catch (cause) {
      throw this.away(call, errorMessage(cause), false, { cause });
    }
    const { status } = response;
    if (transientStatuses.includes(status)) {
      const retryAfter = readRetryAfter(response);
      throw this.away(call, `status ${status}`, startableStatuses.includes(status), { retryAfter });
    }
    const json = parseJson(text);
    if (!response.ok) throw this.rejected(call, status, json, text);
    const parsed = answer.safeParse(json);
    if (parsed.success) return parsed.data;
    const what = z.prettifyError(parsed.error);
    throw new MlflowError(call, status, "UNEXPECTED_ANSWER", `is ${this.trackingUri} MLflow 3?\n${what}`);
  }

  private away(call: string, why: string, startable: boolean, options: TransientErrorOptions) {
    const what = `MLflow at ${this.trackingUri} does not answer ${call} (${why}).`;
    const advice = "Check that it runs and can be reached there, then start the execution again.";
    return new AwayError(`${what} ${advice}`, startable, options);
  }

  private rejected(call: string, status: number, json: unknown, text: string): MlflowError {
    const parsed = rejection.safeParse(json);
    if (parsed.success) return new MlflowError(call, status, parsed.data.error_code, parsed.data.message);
    // The host check, basic-auth and API Gateway answer in their own words, not in MLflow's JSON.
    const hint = text.includes("Invalid Host header")
      ? ` Name ${new URL(this.trackingUri).host} in the server's --allowed-hosts.`
      : "";
    const code = status === 401 || status === 403 ? "PERMISSION_DENIED" : `HTTP_${status}`;
    return new MlflowError(call, status, code, `${text.slice(0, 300) || "no reason given"}.${hint}`);
  }
}

/** JSON has no NaN and no infinity; MLflow takes them as strings. */
function keepNaN(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
