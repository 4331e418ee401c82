import { Stack } from "aws-cdk-lib";
import { retrainingArn } from "./retraining.ts";
import type { PipelineStepsProps, Steps } from "./step.ts";

/** The steps that train, judge and publish a model. */
export function modelSteps(props: PipelineStepsProps): Steps {
  const { config, data, artifacts, api, queue, trainer, sagemaker, registry } = props;
  const mlflow = { MLFLOW_TRACKING_URI: registry.trackingUri, MLFLOW_AUTH: registry.auth };
  const records = { ...mlflow, ARTIFACT_BUCKET: artifacts.name };
  const environment = { ...records, DATA_BUCKET: data.name };
  return {
    "start-registry": {
      description: "Starts MLflow where it is scaled to zero, and waits until it answers",
      // Its own limit is 10 minutes; the last call may wait for half a minute more.
      minutes: 12,
      memory: 256,
      environment: {
        ...mlflow,
        ...(registry.service && {
          MLFLOW_CLUSTER: registry.service.cluster,
          MLFLOW_SERVICE: registry.service.name,
        }),
      },
      allow: (step) => registry.grantStart(step),
    },
    "start-training": {
      description: "Starts a trainer, which reports back to the state machine itself",
      // A call may wait 2 minutes for a database that is starting.
      minutes: 5,
      memory: 512,
      environment: {
        ...environment,
        TRAINER_LAUNCHER: queue ? "sqs" : "ecs",
        ...(queue && { TRAINING_QUEUE_URL: queue.url }),
      },
      data: { write: ["training/"] },
      callsRegistry: true,
      describesExecutions: true,
      allow(step) {
        queue?.grantSend(step);
        trainer?.allowStart(step);
        sagemaker?.allowStart(step);
        // It answers for itself: at once when the training is there already, or when it could not be started.
        step.allow(["states:SendTaskSuccess", "states:SendTaskFailure"], [retrainingArn(step, config)]);
      },
    },
    "evaluate-model": {
      description: "Scores challenger and champion and decides the promotion",
      minutes: 15,
      memory: 3008,
      environment: { ...environment, PROMOTION_METRIC: config.promotionMetric },
      data: { read: ["datasets/"] },
      artifacts: { read: ["mlflow/"], write: ["mlflow/"] },
      callsRegistry: true,
      allow(step) {
        const { partition, region, account } = Stack.of(step);
        step.allow(["events:PutEvents"], [`arn:${partition}:events:${region}:${account}:event-bus/default`]);
      },
    },
    "deploy-model": {
      description: "Publishes the champion and has the API load it",
      minutes: 5,
      memory: 1769,
      environment: { ...records, API_URL: api.url, API_AUTH: "sigv4" },
      artifacts: { read: ["mlflow/", "serving/"], write: ["serving/"] },
      callsRegistry: true,
      allow: (step) => api.grantReload(step),
    },
    "record-failure": {
      description: "Marks a failed run in MLflow with its reason",
      minutes: 5,
      memory: 512,
      environment: records,
      callsRegistry: true,
    },
  };
}
