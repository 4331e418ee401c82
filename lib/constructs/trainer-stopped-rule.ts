import { Duration } from "aws-cdk-lib";
import { Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import type { StageConfig } from "../config.ts";
import { NodeFunction } from "./node-function.ts";
import type { PrivateBucket } from "./private-bucket.ts";
import { retrainingArn } from "./retraining.ts";
import type { SageMakerTrainer } from "./sagemaker-trainer.ts";

export interface TrainerStoppedRuleProps {
  config: StageConfig;
  /** Where trainers run as tasks, and nothing else does. */
  clusterArn?: string;
  /** Only where they run as training jobs. */
  sagemaker?: SageMakerTrainer;
  data: PrivateBucket;
}

/** Fails the state that waits for a trainer which ended without a word, or never began. */
export class TrainerStoppedRule extends Construct {
  constructor(scope: Construct, id: string, { config, clusterArn, sagemaker, data }: TrainerStoppedRuleProps) {
    super(scope, id);
    const watch = new NodeFunction(this, "TrainerStopped", {
      config,
      handler: "trainer-stopped",
      description: "Tells the state machine of a trainer that ended without a word",
      timeout: Duration.minutes(1),
      memoryMegabytes: 256,
      environment: { DATA_BUCKET: data.name },
    });
    data.grantRead(watch, "training/");
    watch.allow(["states:SendTaskFailure"], [retrainingArn(this, config)]);
    const targets = [new LambdaFunction(watch.function)];
    if (clusterArn) {
      new Rule(this, "Stopped", {
        description: "Trainers that have ended",
        eventPattern: {
          source: ["aws.ecs"],
          detailType: ["ECS Task State Change"],
          detail: { clusterArn: [clusterArn], lastStatus: ["STOPPED"] },
        },
        targets,
      });
    }
    if (sagemaker) {
      sagemaker.allowDescribe(watch);
      new Rule(this, "JobStopped", {
        description: "Training jobs that have failed or were stopped",
        eventPattern: {
          source: ["aws.sagemaker"],
          detailType: ["SageMaker Training Job State Change"],
          detail: {
            TrainingJobName: [{ prefix: sagemaker.jobPrefix }],
            TrainingJobStatus: ["Failed", "Stopped"],
          },
        },
        targets,
      });
    }
  }
}
