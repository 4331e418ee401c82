import { NamedError } from "../errors.ts";

/** Kaggle understood a call and rejected it. `status` is the HTTP status, or the code that it gave under HTTP 200. */
export class KaggleError extends NamedError {
  readonly status: number;

  constructor(call: string, status: number, message: string) {
    super(
      "KaggleError",
      `Kaggle rejected ${call} (${status}): ${message.replace(/\.$/, "") || "no reason given"}.${hint(status, message)}`,
    );
    this.status = status;
  }
}

/** Did Kaggle say that there is no such thing? For what is private or absent it says either. */
export function isAbsent(error: unknown): boolean {
  return error instanceof KaggleError && (error.status === 404 || error.status === 403);
}

/** Does Kaggle want a GPU session to end first? It says `Maximum batch GPU session count of 2 reached.` */
export function isCapacity(error: unknown): boolean {
  return error instanceof KaggleError && /session (count|limit).* reached/i.test(error.message);
}

/** Did Kaggle find that a dataset's name is taken? */
export function isTaken(error: unknown): boolean {
  return error instanceof KaggleError && /already in use|already exists/i.test(error.message);
}

function hint(status: number, message: string): string {
  if (status === 401) return " Check the Kaggle credentials: make a new token on kaggle.com under Settings, API.";
  if (/session (count|limit).* reached/i.test(message))
    return " End a session on kaggle.com, where an open editor counts too, or train with strategy 'ecs'.";
  if (/quota|maximum weekly/i.test(message))
    return " Wait until Kaggle renews the quota (Settings on kaggle.com shows when), or train with strategy 'ecs'.";
  if (/phone/i.test(message)) return " Verify your phone number on kaggle.com under Settings.";
  return "";
}
