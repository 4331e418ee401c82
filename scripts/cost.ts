import { reportCost, usage } from "./cost/report.ts";
import { runCommand } from "./local/command.ts";

/** `npm run cost`: what a stage costs in a month, without an account. */
await runCommand(usage, async (progress) => progress.line(reportCost(process.argv.slice(2))));
