import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { ECSClient } from "@aws-sdk/client-ecs";
import { SFNClient } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { EcsServerTask } from "../../aws/server-task.ts";
import { hasRunningExecution } from "../../aws/state-machine.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";
import { stopIdleRegistry } from "./logic.ts";

const env = environment(
  z.object({
    MLFLOW_CLUSTER: z.string(),
    MLFLOW_SERVICE: z.string(),
    MLFLOW_API_ID: z.string(),
    STATE_MACHINE_ARN: z.string(),
    SCALE_TO_ZERO_AFTER_MINUTES: z.coerce.number().int(),
  }),
);
const ecs = new ECSClient();
const sfn = new SFNClient();
const cloudWatch = new CloudWatchClient();

/** Stops an MLflow task that is not in use. */
export const handler = step(z.unknown(), async () => {
  const { MLFLOW_CLUSTER, MLFLOW_SERVICE, STATE_MACHINE_ARN, SCALE_TO_ZERO_AFTER_MINUTES } = env();
  const task = new EcsServerTask(ecs, MLFLOW_CLUSTER, MLFLOW_SERVICE);
  const isRetraining = () => hasRunningExecution(sfn, STATE_MACHINE_ARN);
  return { task: await stopIdleRegistry(SCALE_TO_ZERO_AFTER_MINUTES, { task, countRequests, isRetraining }) };
});

async function countRequests(minutes: number): Promise<number> {
  const now = Date.now();
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/ApiGateway",
      MetricName: "Count",
      Dimensions: [{ Name: "ApiId", Value: env().MLFLOW_API_ID }],
      StartTime: new Date(now - minutes * 60_000),
      EndTime: new Date(now),
      Period: 60,
      Statistics: ["Sum"],
    }),
  );
  return Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0);
}
