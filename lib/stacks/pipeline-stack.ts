import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { isLocal, type StageConfig } from "../config.ts";
import { PipelineSteps } from "../constructs/pipeline-steps.ts";
import type { PredictApi } from "../constructs/predict-api.ts";
import type { Registry } from "../constructs/registry.ts";
import { Retraining } from "../constructs/retraining.ts";
import { SageMakerTrainer } from "../constructs/sagemaker-trainer.ts";
import { TrainerStoppedRule } from "../constructs/trainer-stopped-rule.ts";
import { TrainerTask } from "../constructs/trainer-task.ts";
import { TrainingQueue } from "../constructs/training-queue.ts";
import { Triggers } from "../constructs/triggers.ts";
import type { DataStack } from "./data-stack.ts";

export interface PipelineStackProps extends StackProps {
  config: StageConfig;
  data: DataStack;
  registry: Registry;
  api: PredictApi;
}

/** The retraining state machine, its steps, and whom it tells. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, props);
    const { config, data, registry, api } = props;
    const topic = new Topic(this, "Notifications", {
      topicName: `avocado-${config.stage}-retraining`,
      displayName: "Avocado retraining",
      enforceSSL: true,
    });
    for (const address of config.notificationEmails) topic.addSubscription(new EmailSubscription(address));
    const queue = isLocal(config) ? new TrainingQueue(this, "Training", config) : undefined;
    const trainer =
      isLocal(config) || !data.cloud
        ? undefined
        : new TrainerTask(this, "Trainer", {
            config,
            vpc: data.cloud.network.vpc,
            data: data.data,
            artifacts: data.artifacts,
            registry,
          });
    const sagemaker =
      config.sagemaker &&
      new SageMakerTrainer(this, "SageMakerTrainer", { config, settings: config.sagemaker, data: data.data });
    // Users of Kaggle create it: a secret costs by the month, and most stages need none.
    const kaggleSecret = `avocado/${config.stage}/kaggle`;
    const steps = new PipelineSteps(this, "Steps", {
      config,
      raw: data.raw,
      data: data.data,
      artifacts: data.artifacts,
      registry,
      api,
      kaggleSecret,
      ...(queue && { queue }),
      ...(trainer && { trainer }),
      ...(sagemaker && { sagemaker }),
    });
    const { stateMachine } = new Retraining(this, "Retraining", { config, steps: steps.functions, topic });
    if (trainer || sagemaker) {
      new TrainerStoppedRule(this, "TrainerStoppedRule", {
        config,
        data: data.data,
        ...(trainer && { clusterArn: trainer.clusterArn }),
        ...(sagemaker && { sagemaker }),
      });
    }
    if (!isLocal(config)) {
      new Triggers(this, "Triggers", { config, stateMachine, raw: data.raw, data: data.data });
    }

    new CfnOutput(this, "StateMachineArn", { value: stateMachine.stateMachineArn });
    new CfnOutput(this, "KaggleSecret", { value: kaggleSecret });
    new CfnOutput(this, "TopicArn", { value: topic.topicArn });
    if (queue) new CfnOutput(this, "TrainingQueueUrl", { value: queue.url });
  }
}
