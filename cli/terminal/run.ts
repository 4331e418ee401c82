import { CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { NamedError } from "../../core/errors.ts";
import { SetupError } from "../../scripts/setup/run.ts";
import { Progress } from "./progress.ts";

/** Exit codes of every command. `start` also ends with 130 when Ctrl-C stops it before its report. */
const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** Runs a command line. Errors become a sentence on standard error and an exit code; only unexpected ones show a stack. */
export async function run(command: CommandUnknownOpts, args: string[]): Promise<void> {
  try {
    const words = moveSubcommandForward(command, args);
    checkValues(commandNamedBy(command, words), words);
    await command.parseAsync(words, { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Gives a command the status line of the terminal, and removes that line at the end. */
export async function withProgress(work: (progress: Progress) => Promise<void>): Promise<void> {
  const progress = new Progress();
  try {
    await work(progress);
  } finally {
    progress.now("");
  }
}

function report(error: unknown): number {
  // commander has printed the message.
  if (error instanceof CommanderError) {
    if (error.code === "commander.help" && error.exitCode !== 0) console.error("\nerror: name one of these commands");
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  console.error(error instanceof NamedError || error instanceof SetupError ? `\n${error.message}` : error);
  return exitCodes.failed;
}

/**
 * commander takes whatever follows an option as its value; `--model --storage T20` is more likely a value that was forgotten.
 * @throws CommanderError after it has printed which option lacks its value
 */
function checkValues(command: CommandUnknownOpts, args: readonly string[]): void {
  const valued = optionsWithValue(command);
  const end = args.indexOf("--");
  for (const [i, option] of args.slice(0, end < 0 ? undefined : end).entries()) {
    const next = args[i + 1];
    if (!valued.has(option) || !next?.startsWith("--")) continue;
    const advice = `To pass that as the value: ${option}=${next}`;
    command.error(`error: option '${option}' needs a value, but '${next}' follows it. ${advice}`);
  }
}

/** Options may also stand before the name of a subcommand, as in `stage --stage dev teardown`; commander wants them behind. */
function moveSubcommandForward(program: CommandUnknownOpts, args: string[]): string[] {
  const [name = "", ...rest] = args;
  const group = program.commands.find((each) => each.name() === name);
  if (!group) return args;
  const valued = optionsWithValue(group);
  const at = rest.findIndex((word, i) => !word.startsWith("-") && !valued.has(rest[i - 1] ?? ""));
  const subcommand = group.commands.find((each) => each.name() === rest[at]);
  return subcommand ? [name, subcommand.name(), ...rest.toSpliced(at, 1)] : args;
}

/** The command or subcommand that a command line is about. */
function commandNamedBy(command: CommandUnknownOpts, [name, ...rest]: readonly string[]): CommandUnknownOpts {
  const found = command.commands.find((each) => each.name() === name);
  return found ? commandNamedBy(found, rest) : command;
}

/** Of a command and all below it, as `--name`. */
function optionsWithValue(command: CommandUnknownOpts): Set<string> {
  const own = command.options.flatMap(({ long, required }) => (required && long ? [long] : []));
  return new Set([...own, ...command.commands.flatMap((each) => [...optionsWithValue(each)])]);
}
