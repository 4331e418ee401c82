import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import type { CloudConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import type { MlflowService } from "./mlflow-service.ts";
import { NodeFunction } from "./node-function.ts";
import { retrainingArn } from "./retraining.ts";

export interface RegistrySleepProps {
  config: CloudConfig;
  service: MlflowService;
  /** The API whose requests say that the server is in use. */
  apiId: string;
  sleepAfterMinutes: number;
}

/** Ends the MLflow task when nobody has used it for a while and no retraining goes on. */
export class RegistrySleep extends Construct {
  constructor(scope: Construct, id: string, { config, service, apiId, sleepAfterMinutes }: RegistrySleepProps) {
    super(scope, id);
    const machine = retrainingArn(this, config);
    const sleep = new NodeFunction(this, "SleepRegistry", {
      config,
      handler: "sleep-registry",
      description: "Ends an MLflow task that nobody uses",
      timeout: Duration.minutes(1),
      memoryMegabytes: 256,
      environment: {
        MLFLOW_CLUSTER: service.clusterName,
        MLFLOW_SERVICE: service.serviceName,
        MLFLOW_API_ID: apiId,
        STATE_MACHINE_ARN: machine,
        SLEEP_AFTER_MINUTES: String(sleepAfterMinutes),
      },
    });
    sleep.allow(["ecs:DescribeServices", "ecs:UpdateService"], [service.serviceArn]);
    sleep.allow(["states:ListExecutions"], [machine]);
    sleep.allow(["cloudwatch:GetMetricStatistics"], ["*"]);
    acknowledge(sleep, "AwsSolutions-IAM5[Resource::*]", "Reading metrics cannot be granted by resource");
    new Rule(this, "Every15Minutes", {
      description: "Asks whether MLflow is still in use",
      schedule: Schedule.rate(Duration.minutes(15)),
      targets: [new LambdaFunction(sleep.function, { retryAttempts: 0 })],
    });
  }
}
