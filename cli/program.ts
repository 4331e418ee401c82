import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import packageJson from "../package.json" with { type: "json" };
import { declare } from "./terminal/declare.ts";

/** Loads the declaration of each command. What the command does is loaded when it runs. */
const declarations = {
  start: () => import("./commands/start/declaration.ts"),
  predict: () => import("./commands/predict/declaration.ts"),
  serve: () => import("./commands/serve/declaration.ts"),
  train: () => import("./commands/train/declaration.ts"),
  evaluate: () => import("./commands/evaluate/declaration.ts"),
  dataset: () => import("./commands/dataset/declaration.ts"),
  backbone: () => import("./commands/backbone/declaration.ts"),
  retrain: () => import("./commands/retrain/declaration.ts"),
  champion: () => import("./commands/champion/declaration.ts"),
  mlflow: () => import("./commands/mlflow/declaration.ts"),
  doctor: () => import("./commands/doctor/declaration.ts"),
  cost: () => import("./commands/cost/declaration.ts"),
  stage: () => import("./commands/stage/declaration.ts"),
};
type CommandName = keyof typeof declarations;

/** Names of the commands, each also a script of package.json. */
export const commandNames = Object.keys(declarations) as CommandName[];

/**
 * The program `avocado` for a command line. Where the first word names a command, only that one is loaded and part of it,
 * so that it starts fast; otherwise, as for `--help` and completion, all are.
 */
export async function createProgram(args: readonly string[]): Promise<CommandUnknownOpts> {
  const program = declare("avocado")
    .description("Predicts the days until an avocado is over-ripe, and operates the service that learns to.")
    .version(packageJson.version, "-V, --version", "print the version")
    .addHelpText(
      "after",
      "\n'npm run <command> -- <options>' does the same. Exit codes: 0 success, 1 failure, 2 wrong usage.",
    );
  const named = commandNames.find((name) => name === args[0]);
  for (const name of named ? [named] : commandNames) program.addCommand((await declarations[name]()).command);
  if (!named) program.addCommand((await import("./commands/completion/declaration.ts")).command);
  return program;
}
