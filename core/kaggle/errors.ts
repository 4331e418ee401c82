import { NamedError } from "../errors.ts";

/** Kaggle understood a call and refused it. `status` is the HTTP status, or the code that it gave under HTTP 200. */
export class KaggleError extends NamedError {
  readonly status: number;

  constructor(call: string, status: number, message: string) {
    super(
      "KaggleError",
      `Kaggle refused ${call} (${status}): ${message.replace(/\.$/, "") || "no reason given"}.${hint(status, message)}`,
    );
    this.status = status;
  }
}

/** Did Kaggle say that there is no such thing? For what is private or absent it says either. */
export function isAbsent(error: unknown): boolean {
  return error instanceof KaggleError && (error.status === 404 || error.status === 403);
}

function hint(status: number, message: string): string {
  if (status === 401) return " Check the Kaggle credentials: make a new token on kaggle.com under Settings, API.";
  if (/quota|maximum weekly|sessions? (limit|reached)/i.test(message))
    return " Wait until Kaggle renews the quota (Settings on kaggle.com shows when), or train with strategy 'ecs'.";
  if (/phone/i.test(message)) return " Verify your phone number on kaggle.com under Settings.";
  return "";
}
