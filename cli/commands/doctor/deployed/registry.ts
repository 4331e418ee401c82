import { NamedError } from "../../../../core/errors.ts";
import { type StartServerOptions, startTrackingServer } from "../../../../core/mlflow/start-server.ts";
import { ask } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** Asks MLflow, through the gateway where there is one, for its health and for an experiment; starts it where it is scaled to zero. */
export function checkMlflow(server: StartServerOptions, stage: string): Promise<Finding> {
  const path = server.task ? "through the gateway" : `at ${server.trackingUri}`;
  return ask("MLflow", "ecs:DescribeServices and ecs:UpdateService", async () => {
    try {
      const { started, seconds } = await startTrackingServer(server);
      const note = started ? `; it was scaled to zero and took ${seconds} s to start` : "";
      return { state: "ok", found: `answers ${path}: health, search of experiments${note}` };
    } catch (error) {
      if (!(error instanceof NamedError)) throw error;
      return { state: "missing", found: error.message, advice: adviceFor(stage) };
    }
  });
}

function adviceFor(stage: string): string {
  if (stage === "local") return "Read .local/state/logs/mlflow.log.";
  return [
    `aws logs tail /avocado/${stage}/mlflow --since 30m`,
    `aws ecs describe-services --cluster avocado-${stage} --services mlflow --query 'services[].events[:5].message'`,
    `Status 403: does this identity have execute-api:Invoke? aws logs tail /avocado/${stage}/mlflow-access --since 30m`,
  ].join("\n");
}
