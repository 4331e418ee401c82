import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { InvalidInputError } from "../../core/errors.ts";

/**
 * Asks before something changes, on a terminal or through a pipe; anything but yes is no.
 * @throws InvalidInputError where nobody answers
 */
export async function confirm(
  question: string,
  input: Readable & { isTTY?: boolean } = process.stdin,
  output: Writable = process.stdout,
): Promise<boolean> {
  const terminal = createInterface({ input, output });
  try {
    const nobody = once(terminal, "close").then(() => undefined);
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), nobody]);
    if (answer !== undefined) {
      // A terminal shows what is typed; of what comes through a pipe nobody else would see it.
      if (!input.isTTY) output.write(`${answer}\n`);
      return /^y(es)?$/i.test(answer.trim());
    }
  } finally {
    terminal.close();
  }
  throw new InvalidInputError("Nobody answered, so nothing was changed. Without somebody to ask: --yes.");
}
