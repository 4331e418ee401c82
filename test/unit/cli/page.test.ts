import type { Argument, CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { expect, it } from "vitest";
import { createProgram } from "../../../cli/program.ts";
import { cacheFolder, root } from "../../../scripts/setup/paths.ts";
import { table } from "../../support/table.ts";

const head = `# Commands

\`npx avocado <command>\` in the checkout; \`npm run <command> -- <options>\` does the same. This page is made from the declarations in
\`cli/commands/\`: \`vitest run --project unit test/unit/cli/page.test.ts -u\`.

Exit codes: 0 success, 1 failure (of \`doctor\`: something is missing; of \`retrain\` and \`start\`: the retraining failed), 2 wrong usage, 130
when Ctrl-C stops \`start\` before the retraining has ended.`;

it("keeps the page of commands as the declarations are", async () => {
  const sections = [...(await createProgram([])).commands].flatMap((command) => describeCommand(command, "avocado"));
  await expect(`${[head, ...sections].join("\n\n")}\n`).toMatchFileSnapshot("../../../docs/cli.md");
});

function describeCommand(command: CommandUnknownOpts, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((each) => describeCommand(each, name));
  const rows = [
    ...command.registeredArguments.map((each) => row(each.variadic ? `<${each.name()}...>` : `<${each.name()}>`, each)),
    ...command.options.map((each) => row(each.flags + (each.mandatory ? " (needed)" : ""), each)),
  ];
  return [`## ${name}`, command.description(), table([["option", "what it does"], ...rows])];
}

function row(
  flags: string,
  { description, argChoices, defaultValue, defaultValueDescription }: Argument | Option,
): string[] {
  const byDefault = defaultValueDescription ?? (defaultValue === false ? undefined : defaultValue?.toString());
  const more = [
    argChoices && `one of ${argChoices.join(", ")}`,
    byDefault && byDefault !== "none" && byDefault !== "true" && `default: ${byDefault}`,
  ].filter(Boolean);
  const text = [description, more.length > 0 && `(${more.join("; ")})`].filter(Boolean).join(" ");
  // What the defaults of this machine are elsewhere.
  const anywhere = text.replaceAll(`${root}/`, "").replaceAll(cacheFolder, "~/.cache/avocado-ripening");
  return [`\`${flags}\``, anywhere.replaceAll("<", "&lt;")];
}
