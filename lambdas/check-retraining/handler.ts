import { Metrics } from "@aws-lambda-powertools/metrics";
import { DescribeStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { listSuccesses } from "../../aws/state-machine.ts";
import { metricNames } from "../../core/contracts/metrics.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";
import { daysSinceRetraining } from "./logic.ts";

const env = environment(z.object({ STATE_MACHINE_ARN: z.string().min(1) }));
const sfn = new SFNClient();
const metrics = new Metrics();

/** Tells CloudWatch for how long no retraining has succeeded. */
export const handler = step(z.unknown(), async () => {
  const successes = () => listSuccesses(sfn, env().STATE_MACHINE_ARN);
  const days = await daysSinceRetraining({ successes, madeAt });
  metrics.addMetric(metricNames.daysSinceRetraining, "None", days);
  metrics.publishStoredMetrics();
  return { days };
});

async function madeAt(): Promise<Date> {
  const { STATE_MACHINE_ARN: stateMachineArn } = env();
  const { creationDate } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  return creationDate as Date;
}
