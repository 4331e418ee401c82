import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { checkBackbone, validateInput } from "../../../core/contracts/execution.ts";
import { errorMessage, NotFoundError } from "../../../core/errors.ts";
import { isSuccess, makeReport, printReport } from "../../executions/report.ts";
import { showTrainerLine } from "../../executions/trainer-lines.ts";
import { watchExecution } from "../../executions/watch.ts";
import type { Progress } from "../../terminal/progress.ts";
import { connectStage, type Stage } from "../stage/connect.ts";

export interface RetrainOptions {
  stage: string;
  /** The execution input. */
  set: Record<string, unknown>;
  /** ARN of an execution to follow; nothing is started then. */
  follow?: string | undefined;
}

/** Starts a retraining of a stage, or follows one, and prints what happens. Sets the exit code to 1 when it fails. */
export async function retrain({ set: input, follow, ...of }: RetrainOptions, progress: Progress): Promise<void> {
  // The first state of the execution checks the same.
  const { backbone } = validateInput(input);
  const stage = await connectStage(of.stage);
  checkBackbone(backbone, stage.data.bucket);
  const client = new SFNClient();
  const executionArn = follow ?? (await start(client, stage, input));
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
