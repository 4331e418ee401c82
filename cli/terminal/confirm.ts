import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { InvalidInputError } from "../../core/errors.ts";

type Terminal = [input?: Readable & { isTTY?: boolean }, output?: Writable];

/**
 * Asks before something changes, on a terminal or through a pipe; anything but yes is no.
 * @throws InvalidInputError when no answer is given
 */
export async function confirm(question: string, ...terminal: Terminal): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N]`, ...terminal));
}

/**
 * Asks on a terminal or through a pipe.
 * @returns the answer without spaces around it
 * @throws InvalidInputError when no answer is given
 */
export async function ask(question: string, ...[input = process.stdin, output = process.stdout]: Terminal) {
  const terminal = createInterface({ input, output });
  try {
    const nobody = once(terminal, "close").then(() => undefined);
    const answer = await Promise.race([terminal.question(`${question} `), nobody]);
    if (answer !== undefined) {
      // A terminal shows what is typed; an answer through a pipe would not be visible otherwise.
      if (!input.isTTY) output.write(`${answer}\n`);
      return answer.trim();
    }
  } finally {
    terminal.close();
  }
  throw new InvalidInputError(
    "No answer was given, so nothing was changed. To change it without being asked, add --yes.",
  );
}
