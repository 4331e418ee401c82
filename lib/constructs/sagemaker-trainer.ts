import { fileURLToPath } from "node:url";
import { IgnoreMode, Stack } from "aws-cdk-lib";
import { DockerImageAsset, Platform } from "aws-cdk-lib/aws-ecr-assets";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { isLocal, type SageMakerConfig, type StageConfig } from "../config.ts";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import type { NodeFunction } from "./node-function.ts";
import type { PrivateBucket } from "./private-bucket.ts";
import { retrainingArn } from "./retraining.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** What the image is made of; everything else stays out, so that only a change to these makes a new image. */
const buildContext = ["training/sagemaker", "training/kaggle/train.ipynb", "training/kaggle/constraints.txt"];

export interface SageMakerTrainerProps {
  config: StageConfig;
  settings: SageMakerConfig;
  data: PrivateBucket;
}

/** What SageMaker training jobs are made of. None runs, and nothing is paid, until one is started. */
export class SageMakerTrainer extends Construct {
  /** First part of the jobs' names. */
  readonly jobPrefix: string;
  private readonly props: SageMakerTrainerProps;
  private readonly role: Role;
  private readonly image: string;

  constructor(scope: Construct, id: string, props: SageMakerTrainerProps) {
    super(scope, id);
    this.props = props;
    this.jobPrefix = `avocado-${props.config.stage}-`;
    this.role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("sagemaker.amazonaws.com"),
      description: "Training jobs",
    });
    this.image = this.provideImage();
    this.grantWork();
  }

  /** Environment with which `start-training` starts jobs, and the rights for it. */
  allowStart(launcher: NodeFunction): void {
    const { config, settings, data } = this.props;
    const environment = {
      SAGEMAKER_JOB_PREFIX: this.jobPrefix,
      SAGEMAKER_IMAGE: this.image,
      SAGEMAKER_ROLE: this.role.roleArn,
      SAGEMAKER_INSTANCE_TYPE: settings.instanceType,
      SAGEMAKER_SPOT: String(settings.spot),
      SAGEMAKER_MAX_SECONDS: String(Math.round(settings.maxHours * 3600)),
      SAGEMAKER_VOLUME_GIGABYTES: String(settings.volumeGigabytes),
      SAGEMAKER_WEIGHTS: settings.weights,
      SAGEMAKER_TAGS: JSON.stringify({ project: "avocado", stage: config.stage }),
    };
    for (const [key, value] of Object.entries(environment)) launcher.function.addEnvironment(key, value);
    this.allowJobs(launcher, "sagemaker:CreateTrainingJob", "sagemaker:AddTags", "sagemaker:DescribeTrainingJob");
    launcher.function.addToRolePolicy(
      new PolicyStatement({
        actions: ["iam:PassRole"],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
      }),
    );
    // Files that an earlier execution left are not made again.
    data.grantRead(launcher, "training/");
  }

  /** Allows to ask how a job ended. */
  allowDescribe(step: NodeFunction): void {
    this.allowJobs(step, "sagemaker:DescribeTrainingJob");
  }

  private allowJobs(step: NodeFunction, ...actions: string[]): void {
    const { partition, region, account } = Stack.of(this);
    const jobs = `arn:${partition}:sagemaker:${region}:${account}:training-job/${this.jobPrefix}*`;
    step.allow(actions, [jobs]);
    acknowledgeWildcard(step, jobs, "Jobs get their names when they start; these are this stage's alone");
    const { config } = this.props;
    if (isLocal(config) && config.sagemaker) {
      step.function.addEnvironment("AWS_ENDPOINT_URL_SAGEMAKER", config.sagemaker.endpoint);
    }
  }

  /** Address of the image, which the role may pull. */
  private provideImage(): string {
    const { config, settings } = this.props;
    // The emulator of SageMaker runs the trainer without a container.
    if (isLocal(config)) return "local/trainer:latest";
    if (settings.image) {
      const [, account, region, repository] = /^(\d+)\.dkr\.ecr\.([\w-]+)\.[\w.]+\/([^:@]+)/.exec(settings.image) ?? [];
      const arn = `arn:${Stack.of(this).partition}:ecr:${region}:${account}:repository/${repository}`;
      const actions = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"];
      this.allow(actions, [arn]);
      this.allow(["ecr:GetAuthorizationToken"], ["*"]);
      return settings.image;
    }
    const asset = new DockerImageAsset(this, "Image", {
      directory: root,
      file: "training/sagemaker/Dockerfile",
      platform: Platform.LINUX_AMD64,
      ignoreMode: IgnoreMode.DOCKER,
      exclude: ["*", ...buildContext.map((path) => `!${path}`)],
    });
    asset.repository.grantPull(this.role);
    return asset.imageUri;
  }

  /** What the trainer calls, and what SageMaker does with its role (SageMaker's guide, "CreateTrainingJob API"). */
  private grantWork(): void {
    const { config, data } = this.props;
    data.grantRead(this.role, "datasets/", "training/");
    data.grantWrite(this.role, "training/");
    this.allow(["states:SendTaskSuccess", "states:SendTaskHeartbeat"], [retrainingArn(this, config)]);
    const { partition, region, account } = Stack.of(this);
    // The log group of all training jobs of the account and region.
    const logs = `arn:${partition}:logs:${region}:${account}:log-group:/aws/sagemaker/TrainingJobs`;
    this.allow(["logs:CreateLogGroup", "logs:DescribeLogStreams"], [logs, `${logs}:*`]);
    acknowledgeWildcard(this.role, `${logs}:*`, "The group's ARN is asked for with an empty stream behind it");
    const streams = `${logs}:log-stream:${this.jobPrefix}*`;
    this.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [streams]);
    acknowledgeWildcard(this.role, streams, "Streams are named by their jobs; these are this stage's alone");
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ["cloudwatch:PutMetricData"],
        resources: ["*"],
        conditions: { StringEquals: { "cloudwatch:namespace": "/aws/sagemaker/TrainingJobs" } },
      }),
    );
    acknowledge(
      this.role,
      "AwsSolutions-IAM5[Resource::*]",
      "ecr:GetAuthorizationToken and cloudwatch:PutMetricData know no resource; the latter is held to a namespace",
    );
  }

  private allow(actions: string[], resources: string[]): void {
    this.role.addToPolicy(new PolicyStatement({ actions, resources }));
  }
}
