import { styleText } from "node:util";
import { Command } from "@commander-js/extra-typings";

/** Not in what goes into a pipe or a file, and not where NO_COLOR is set. */
const bold = (text: string) => styleText("bold", text);

/**
 * Begins the declaration of a command: name, options and arguments, from which parsing, help and shell completion follow.
 * Wrong usage is answered with a sentence and the help of the command.
 */
export function declare(name: string): Command {
  return new Command(name)
    .exitOverride()
    .showHelpAfterError()
    .configureHelp({ styleTitle: bold, styleCommandText: bold });
}
