import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import type { CloudConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import type { MlflowService } from "./mlflow-service.ts";
import { NodeFunction } from "./node-function.ts";
import { retrainingArn } from "./retraining.ts";

export interface RegistryScaleToZeroProps {
  config: CloudConfig;
  service: MlflowService;
  /** The API whose requests say that the server is in use. */
  apiId: string;
  scaleToZeroAfterMinutes: number;
}

/** Ends the MLflow task when it was not used for a while and no retraining goes on. */
export class RegistryScaleToZero extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { config, service, apiId, scaleToZeroAfterMinutes }: RegistryScaleToZeroProps,
  ) {
    super(scope, id);
    const machine = retrainingArn(this, config);
    const stop = new NodeFunction(this, "StopIdleRegistry", {
      config,
      handler: "stop-idle-registry",
      description: "Stops an MLflow task that is not in use",
      timeout: Duration.minutes(1),
      memoryMegabytes: 256,
      environment: {
        MLFLOW_CLUSTER: service.clusterName,
        MLFLOW_SERVICE: service.serviceName,
        MLFLOW_API_ID: apiId,
        STATE_MACHINE_ARN: machine,
        SCALE_TO_ZERO_AFTER_MINUTES: String(scaleToZeroAfterMinutes),
      },
    });
    stop.allow(["ecs:DescribeServices", "ecs:UpdateService"], [service.serviceArn]);
    stop.allow(["states:ListExecutions"], [machine]);
    stop.allow(["cloudwatch:GetMetricStatistics"], ["*"]);
    acknowledge(stop, "AwsSolutions-IAM5[Resource::*]", "Reading metrics cannot be granted by resource");
    new Rule(this, "Every15Minutes", {
      description: "Asks whether MLflow is still in use",
      schedule: Schedule.rate(Duration.minutes(15)),
      targets: [new LambdaFunction(stop.function, { retryAttempts: 0 })],
    });
  }
}
