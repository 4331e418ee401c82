import { Option } from "@commander-js/extra-typings";
import { strategies } from "../../../core/contracts/execution.ts";
import { declare } from "../../terminal/declare.ts";
import { nonNegative, settings } from "../../terminal/options.ts";
import { withProgress } from "../../terminal/run.ts";

export const command = declare("cost")
  .summary("Estimates what a stage costs a month.")
  .description(
    "Estimates what a stage costs a month: its templates times AWS's list prices of us-east-1. It needs no account.",
  )
  .option("--stage <stage>", "which stage", "prod")
  .option("--predictions <n>", "predictions a month", nonNegative, 0)
  .option("--retrainings <n>", "retrainings a month, with the published data", nonNegative, 0)
  .addOption(new Option("--strategy <name>", "where they train").choices(strategies).default("ecs" as const))
  .addOption(
    settings(
      "a setting of the stage's file, replaced for this question, such as --set trainer.cpu=2048; null removes it.",
    ),
  )
  .option("--json", "every line with its quantities")
  .action((options) =>
    withProgress(async (progress) => progress.line((await import("./report.ts")).reportCost(options))),
  );
