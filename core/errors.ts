/**
 * An error with a name that Step Functions, MLflow and the API can act on. The name is the contract: a Retry or Catch in
 * the state machine matches it, so it never changes with the wording of the message.
 */
export class NamedError extends Error {
  constructor(name: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** The caller's input (execution input, command line) is wrong; repeating the call cannot help. */
export class InvalidInputError extends NamedError {
  constructor(message: string, options?: ErrorOptions) {
    super("InvalidInput", message, options);
  }
}

/** The raw dataset cannot be used: no `data.csv`, wrong columns, too few fruits, too many bad rows. */
export class InvalidDatasetError extends NamedError {
  constructor(message: string, options?: ErrorOptions) {
    super("InvalidDataset", message, options);
  }
}

/** A model does not keep the contract: wrong inputs, wrong hash, trained on test fruits. */
export class InvalidModelError extends NamedError {
  constructor(message: string, options?: ErrorOptions) {
    super("InvalidModel", message, options);
  }
}

/** Something that was expected to exist does not. */
export class NotFoundError extends NamedError {
  constructor(message: string, options?: ErrorOptions) {
    super("NotFound", message, options);
  }
}

/** No data exists yet. The pipeline ends with this as its outcome; for any other caller it is an error. */
export class NoDataError extends NotFoundError {}

export interface TransientErrorOptions extends ErrorOptions {
  /** Milliseconds that the dependency asked to wait before the next call. */
  retryAfter?: number | undefined;
}

/** A dependency is away for the moment; the same call may succeed later. The state machine retries this name. */
export class TransientError extends NamedError {
  readonly retryAfter: number | undefined;

  constructor(message: string, { retryAfter, ...options }: TransientErrorOptions = {}) {
    super("Transient", message, options);
    this.retryAfter = retryAfter;
  }
}

/** The message of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
