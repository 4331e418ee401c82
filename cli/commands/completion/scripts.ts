import type { CommandUnknownOpts, Option } from "@commander-js/extra-typings";

interface Node {
  /** Words that name the command. */
  path: string[];
  command: CommandUnknownOpts;
}

/** Commands that have options or arguments of their own, and those that only have subcommands. */
function split(program: CommandUnknownOpts): { groups: Node[]; leaves: Node[] } {
  const all = nodesOf(program, []);
  return {
    groups: all.filter(({ command }) => command.commands.length > 0),
    leaves: all.filter(({ command }) => command.commands.length === 0),
  };
}

function nodesOf(command: CommandUnknownOpts, path: string[]): Node[] {
  return command.commands.flatMap((each) => {
    const node = { path: [...path, each.name()], command: each };
    return [node, ...nodesOf(each, node.path)];
  });
}

/** Completes in bash, and in zsh by its bashcompinit. Where nothing of this fits, the shell completes file names. */
export function bashScript(program: CommandUnknownOpts): string {
  const { groups, leaves } = split(program);
  const cases = [
    ...leaves.map(leafCase),
    ...groups.map(({ path, command }) => groupCase(`"${path.join(" ")} "*`, command)),
  ];
  return `# Completion of '${program.name()}' for bash
_${program.name()}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" line="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do line="$line\${COMP_WORDS[i]} "; done
  case "$line" in
${cases.join("\n")}
${groupCase("*", program)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${program.name()} ${program.name()}
`;
}

const groupCase = (pattern: string, { commands }: CommandUnknownOpts) =>
  `    ${pattern}) words="${commands.map((each) => each.name()).join(" ")}" ;;`;

function leafCase({ path, command }: Node): string {
  const options = `words="${visible(command)
    .map(({ long }) => long)
    .join(" ")}"`;
  const [argument] = command.registeredArguments;
  const values = visible(command).flatMap(({ long, required, argChoices = [] }) =>
    required ? [`${long}) words="${argChoices.join(" ")}" ;;`] : [],
  );
  // What is not an option is an argument: one of its choices, or a file.
  const rest = argument
    ? `-*) ${options} ;; *) words="${(argument.argChoices ?? []).join(" ")}" ;;`
    : `*) ${options} ;;`;
  return `    "${path.join(" ")} "*) case "$previous" in ${values.join(" ")} *) case "$current" in ${rest} esac ;; esac ;;`;
}

/** Completes in fish. */
export function fishScript(program: CommandUnknownOpts): string {
  const { groups, leaves } = split(program);
  const name = program.name();
  const line = (condition: string, rest: string, description: string) =>
    `complete -c ${name} -n '${condition}' ${rest} -d '${description.replaceAll(/['\\]/g, "\\$&")}'`;
  const seen = (words: string[]) => words.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
  const names = (condition: string, { commands }: CommandUnknownOpts) =>
    commands.map((each) => line(condition, `-f -a ${each.name()}`, each.summary() || each.description()));
  const option = (path: string[], { long, required, argChoices, description }: Option) => {
    const value = argChoices ? ` -x -a '${argChoices.join(" ")}'` : required ? " -r" : "";
    return line(seen(path), `-l ${long?.slice(2)}${value}`, description);
  };
  return [
    `# Completion of '${name}' for fish`,
    ...names("__fish_use_subcommand", program),
    ...groups.flatMap(({ path, command }) => {
      const others = command.commands.map((each) => each.name()).join(" ");
      return names(`${seen(path)}; and not __fish_seen_subcommand_from ${others}`, command);
    }),
    ...leaves.flatMap(({ path, command }) => visible(command).map((each) => option(path, each))),
    "",
  ].join("\n");
}

const visible = (command: CommandUnknownOpts): Option[] => command.createHelp().visibleOptions(command);
