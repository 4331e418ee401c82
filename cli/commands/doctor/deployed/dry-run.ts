import { setTimeout as sleep } from "node:timers/promises";
import { DescribeExecutionCommand, type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { nothingTrained } from "../../../../core/contracts/pipeline.ts";
import { type Answer, ask } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** Starts a dry run of the state machine and waits for its end. It trains nothing. `pause`: milliseconds between two looks. */
export function checkDryRun(client: SFNClient, stateMachineArn: string, pause = 2000): Promise<Finding> {
  return ask("dry run", "states:StartExecution and states:DescribeExecution", async () => {
    const { executionArn } = await client.send(
      new StartExecutionCommand({ stateMachineArn, input: JSON.stringify({ dryRun: true }) }),
    );
    for (;;) {
      const { status, output, error, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status === "SUCCEEDED") return judge(JSON.parse(output ?? "{}"));
      if (status !== "RUNNING") {
        const found = `the execution ended as ${status}: ${[error, cause].filter(Boolean).join(": ")}`;
        return { state: "missing", found, advice: `${executionArn}\ndocs/operations.md, "Errors by name"` };
      }
      await sleep(pause);
    }
  });
}

function judge(output: unknown): Answer {
  const ended = nothingTrained.parse(output);
  if (ended.outcome === "DryRun") return { state: "ok", found: "input, lock and MLflow, asked by the state machine" };
  return { state: "warning", found: ended.reason, advice: "Run the doctor again when that retraining has ended." };
}
