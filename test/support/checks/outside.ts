import type { DeployedStage } from "../deployed/stage.ts";

/** What templates may name although they do not make it, and where it comes from. */
const outside: [pattern: RegExp, origin: string][] = [
  [/^arn:aws:states:::(lambda:invoke(\.waitForTaskToken)?|sns:publish)$/, "an integration that Step Functions has"],
  [/^arn:aws:ecr:<region>:<account>:repository\/cdk-hnb659fds-container-assets-<account>-<region>$/, "cdk bootstrap"],
  [/^arn:aws:acm:<region>:<account>:certificate\/[\w-]+$/, "the stage's setting domain.certificateArn"],
  [/^arn:aws:secretsmanager:<region>:<account>:secret:avocado\/raw-data-\?{6}$/, "the stage's setting rawDataSecret"],
  [/^arn:aws:secretsmanager:<region>:<account>:secret:avocado\/\w+\/kaggle-\?{6}$/, "who trains on Kaggle makes it"],
  [/^arn:aws:ecr:[\w-]+:<account>:repository\/avocado-trainer$/, "the stage's setting sagemaker.image"],
  [/^arn:aws:sagemaker:<region>:<account>:training-job\/avocado-\w+-\*$/, "start-training makes them"],
  [
    /^arn:aws:logs:<region>:<account>:log-group:\/aws\/sagemaker\/TrainingJobs(:\*|:log-stream:avocado-\w+-\*)?$/,
    "SageMaker's log group of all training jobs, which it makes with the first",
  ],
  [/^arn:aws:events:<region>:<account>:event-bus\/default$/, "every account"],
  [/^arn:aws:scheduler:<region>:<account>:schedule-group\/default$/, "every account"],
  [
    /^arn:aws:apigateway:<region>:lambda:path\/2015-03-31\/functions\//,
    "API Gateway's address of a Lambda, whose ARN follows",
  ],
];

/** Where an ARN that no template makes comes from. */
export function findOutside(arn: string, { account }: DeployedStage): string | undefined {
  const general = arn.replaceAll(account.id, "<account>").replaceAll(account.region, "<region>");
  return outside.find(([pattern]) => pattern.test(general))?.[1];
}
