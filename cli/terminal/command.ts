import { type ParseArgsConfig, parseArgs } from "node:util";
import { errorMessage, InvalidInputError, NamedError } from "../../core/errors.ts";
import { Progress } from "./progress.ts";

/** Reads a command line; wrong arguments are answered with the usage. @throws InvalidInputError */
export function readArguments<const T extends ParseArgsConfig>(
  config: T,
  usage: string,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (cause) {
    throw usageError(errorMessage(cause), usage, cause);
  }
}

/** An error about the command line itself, with the usage below it. */
export function usageError(problem: string, usage: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`${problem}\n\n${usage}`, { cause });
}

/** Runs a command for people: what goes wrong is a sentence on standard error and an exit code, not a stack. */
export async function runCommand(usage: string, command: (progress: Progress) => Promise<void>): Promise<void> {
  if (process.argv.includes("--help")) {
    console.log(usage);
    return;
  }
  const progress = new Progress();
  try {
    await command(progress);
  } catch (error) {
    progress.now("");
    console.error(error instanceof NamedError ? `\n${error.message}` : error);
    process.exitCode = 1;
  } finally {
    progress.now("");
  }
}
