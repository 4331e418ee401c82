import { Argument, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { declare } from "../../terminal/declare.ts";

export const command = declare("completion")
  .description("Prints a script that completes commands, options and their values in a shell.")
  .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"] as const))
  .addHelpText(
    "after",
    `
In bash:  source <(npx avocado completion bash)
In zsh:   source <(npx avocado completion zsh)
In fish:  npx avocado completion fish | source
It completes the word 'avocado': type that by means of  alias avocado='npx avocado'`,
  )
  .action(async (shell, _, self) => {
    const { bashScript, fishScript } = await import("./scripts.ts");
    const program = self.parent as CommandUnknownOpts;
    const zsh = "autoload -U +X compinit bashcompinit && compinit && bashcompinit";
    process.stdout.write(
      { bash: () => bashScript(program), zsh: () => `${zsh}\n${bashScript(program)}`, fish: () => fishScript(program) }[
        shell
      ](),
    );
  });
