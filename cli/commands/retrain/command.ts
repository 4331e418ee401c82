import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { validateInput } from "../../../core/contracts/execution.ts";
import { errorMessage, NotFoundError } from "../../../core/errors.ts";
import { isSuccess, makeReport, printReport } from "../../executions/report.ts";
import { showTrainerLine } from "../../executions/trainer-lines.ts";
import { watchExecution } from "../../executions/watch.ts";
import { readArguments, runCommand } from "../../terminal/command.ts";
import { parseSettings } from "../../terminal/options.ts";
import type { Progress } from "../../terminal/progress.ts";
import { connectStage, type Stage } from "../stage/connect.ts";

const usage = `npm run retrain -- [options]

  --stage <stage>    default: local, the 'npm start' that runs
  --set key=value    any field of the execution input, repeated: --set hyperparameters.epochs=5 --set newData=false
  --follow <arn>     start nothing: follow this execution

Ctrl-C stops following; the execution goes on.`;

/** `npm run retrain`: one retraining of a stage, shown as it happens. */
async function retrain(progress: Progress): Promise<void> {
  const string = { type: "string" } as const;
  const set = { type: "string", multiple: true, default: [] as string[] } as const;
  const { values } = readArguments({ options: { stage: string, set, follow: string } }, usage);
  const input = parseSettings(values.set);
  // Rejected here already, with the same words as by the first state.
  validateInput(input);
  const stage = await connectStage(values.stage ?? "local");
  const client = new SFNClient();
  const executionArn = values.follow ?? (await start(client, stage, input));
  progress.line(`Execution ${executionArn}`);
  const detached = new AbortController();
  process.once("SIGINT", () => detached.abort());
  const ended = new AbortController();
  const showing = showTrainer(stage, AbortSignal.any([detached.signal, ended.signal]), progress);
  try {
    const end = await watchExecution(executionArn, progress, client, detached.signal);
    const report = makeReport(executionArn, end, undefined, stage.urls);
    progress.line(printReport(report));
    if (!isSuccess(report)) process.exitCode = 1;
  } catch (error) {
    if (!detached.signal.aborted) throw error;
    progress.now("");
    const again = `npm run retrain -- --stage ${stage.name} --follow ${executionArn}`;
    progress.line(`It goes on without being watched. To follow it again:\n  ${again}`);
  } finally {
    ended.abort();
    await showing;
  }
}

async function start(client: SFNClient, { stateMachineArn }: Stage, input: object): Promise<string> {
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  if (!executionArn) throw new NotFoundError(`${stateMachineArn} did not say which execution it started`);
  return executionArn;
}

/** That the trainer cannot be heard is not a reason to stop following. */
async function showTrainer(stage: Stage, signal: AbortSignal, progress: Progress): Promise<void> {
  try {
    for await (const line of stage.trainerLines(signal)) showTrainerLine(line, progress);
  } catch (error) {
    progress.line(`The trainer's log cannot be read: ${errorMessage(error)}`);
  }
}

await runCommand(usage, retrain);
