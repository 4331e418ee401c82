import { NamedError } from "../core/errors.ts";

/** A photograph that cannot be fetched, in words for the one who named its address. */
export class FetchError extends NamedError {
  constructor(message: string, options?: ErrorOptions) {
    super("UrlNotLoaded", message, options);
  }
}

/** Reads the photograph behind an address. @throws FetchError */
export type FetchImage = (url: string, stop: AbortSignal) => Promise<Uint8Array>;
