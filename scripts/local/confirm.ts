import { createInterface } from "node:readline/promises";
import { InvalidInputError } from "../../core/errors.ts";

/**
 * Asks a person before something changes; anything but yes is no.
 * @throws InvalidInputError where nobody can be asked
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new InvalidInputError(`${question}\nNobody can be asked here: say --yes on the command line.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
