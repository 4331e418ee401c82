import { runCommand } from "../../terminal/command.ts";
import { reportCost, usage } from "./report.ts";

/** `npm run cost`: what a stage costs in a month, without an account. */
await runCommand(usage, async (progress) => progress.line(reportCost(process.argv.slice(2))));
