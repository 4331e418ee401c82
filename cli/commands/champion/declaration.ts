import { Option } from "@commander-js/extra-typings";
import { declare } from "../../terminal/declare.ts";
import { stageOrLocal } from "../../terminal/options.ts";
import { withProgress } from "../../terminal/run.ts";

const model = () => new Option("--model <name>", "registered model").default("avocado-model");
const json = () => new Option("--json", "print the answer for programs");
const reason = () => new Option("--reason <text>", "why, for the ledger").default("no reason was given");
const yes = () => new Option("--yes", "do not ask");

export const command = declare("champion").description("Shows which model serves, and changes it.");

command
  .command("list")
  .description("Lists versions with their metrics, dataset, and who made them champion and when.")
  .addOption(stageOrLocal())
  .addOption(model())
  .option("--all", "list all versions, not the newest 20")
  .addOption(json())
  .action((options) => withProgress(async (progress) => (await import("./look.ts")).list(options, progress)));

command
  .command("show")
  .description("Shows everything about one version, and its part of the ledger.")
  .argument("<version>")
  .addOption(stageOrLocal())
  .addOption(model())
  .addOption(json())
  .action((version, options) =>
    withProgress(async (progress) => (await import("./look.ts")).show(version, options, progress)),
  );

command
  .command("compare")
  .description("Shows two versions next to each other.")
  .argument("<a>", "a version")
  .argument("<b>", "another version")
  .addOption(stageOrLocal())
  .addOption(model())
  .addOption(json())
  .action((a, b, options) =>
    withProgress(async (progress) => (await import("./look.ts")).compare([a, b], options, progress)),
  );

command
  .command("log")
  .description("Lists every change of the champion, the oldest first.")
  .addOption(stageOrLocal())
  .addOption(model())
  .addOption(json())
  .action((options) => withProgress(async (progress) => (await import("./look.ts")).log(options, progress)));

command
  .command("promote")
  .description(
    "Makes a version champion, publishes it, and has the API load it. The current champion is published again.",
  )
  .argument("<version>")
  .addOption(stageOrLocal())
  .addOption(model())
  .addOption(reason())
  .addOption(yes())
  .action((version, options) =>
    withProgress(async (progress) => (await import("./change.ts")).promote(version, options, progress)),
  );

command
  .command("rollback")
  .description("Does the same with the previous champion. Twice goes back two steps.")
  .addOption(stageOrLocal())
  .addOption(model())
  .addOption(reason())
  .addOption(yes())
  .action((options) => withProgress(async (progress) => (await import("./change.ts")).rollback(options, progress)));
