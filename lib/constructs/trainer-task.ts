import { fileURLToPath } from "node:url";
import { Duration, IgnoreMode, RemovalPolicy, Stack } from "aws-cdk-lib";
import { type IVpc, Peer, Port, SecurityGroup, SubnetType } from "aws-cdk-lib/aws-ec2";
import { Platform } from "aws-cdk-lib/aws-ecr-assets";
import { Cluster, ContainerImage, ContainerInsights, FargateTaskDefinition, LogDrivers } from "aws-cdk-lib/aws-ecs";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { backbonePrefix } from "../../core/contracts/execution.ts";
import type { CloudConfig } from "../config.ts";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import type { NodeFunction } from "./node-function.ts";
import type { PrivateBucket } from "./private-bucket.ts";
import type { Registry } from "./registry.ts";
import { retrainingArn } from "./retraining.ts";
import { addWritableFolder } from "./writable-folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** What the image is made of; everything else stays out, so that only a change to these makes a new image. */
const buildContext = ["package.json", "package-lock.json", ".npmrc", "aws", "core", "training", "scripts/setup"];
const containerName = "trainer";

export interface TrainerTaskProps {
  config: CloudConfig;
  vpc: IVpc;
  data: PrivateBucket;
  artifacts: PrivateBucket;
  registry: Registry;
}

/** What a trainer is made of, and where it runs: a Fargate task of its own for each training, none in between. */
export class TrainerTask extends Construct {
  readonly clusterArn: string;
  private readonly clusterName: string;
  private readonly task: FargateTaskDefinition;
  private readonly vpc: IVpc;
  private readonly group: SecurityGroup;

  constructor(scope: Construct, id: string, props: TrainerTaskProps) {
    super(scope, id);
    const { config, vpc } = props;
    this.vpc = vpc;
    this.clusterName = `avocado-${config.stage}-trainer`;
    const cluster = new Cluster(this, "Cluster", {
      clusterName: this.clusterName,
      vpc,
      containerInsightsV2: ContainerInsights.DISABLED,
    });
    acknowledge(
      cluster,
      "AwsSolutions-ECS4",
      "Container Insights bills by the task; the trainer reports its own progress to its log and to MLflow",
    );
    this.clusterArn = cluster.clusterArn;
    this.group = new SecurityGroup(this, "Group", { vpc, description: "Trainers", allowAllOutbound: false });
    // S3, MLflow's API, images and logs; without NAT and endpoints AWS has no narrower address.
    this.group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), "AWS");
    this.task = new FargateTaskDefinition(this, "Task", {
      family: this.clusterName,
      cpu: config.trainer.cpu,
      memoryLimitMiB: config.trainer.memoryMegabytes,
      // The image, and the photographs unpacked.
      ephemeralStorageGiB: 40,
    });
    acknowledge(this.task, "AwsSolutions-ECS2", "None of these variables is secret: they are names and an address");
    this.addContainer(props);
    this.grantWork(props);
  }

  /** Environment with which `start-training` starts this task, and the rights for it. */
  allowStart(launcher: NodeFunction): void {
    const { partition, region, account } = Stack.of(this);
    const conditions = { ArnEquals: { "ecs:cluster": this.clusterArn } };
    const tasks = `arn:${partition}:ecs:${region}:${account}:task/${this.clusterName}/*`;
    const statements = [
      new PolicyStatement({ actions: ["ecs:RunTask"], resources: [this.task.taskDefinitionArn], conditions }),
      new PolicyStatement({ actions: ["ecs:ListTasks"], resources: ["*"], conditions }),
      new PolicyStatement({ actions: ["ecs:DescribeTasks"], resources: [tasks] }),
      // A task that starts with tags is tagged as it starts: ECS asks for both rights ("Grant permission to tag resources on
      // creation" in its guide).
      new PolicyStatement({
        actions: ["ecs:TagResource"],
        resources: [tasks],
        conditions: { StringEquals: { "ecs:CreateAction": "RunTask" } },
      }),
      new PolicyStatement({
        actions: ["iam:PassRole"],
        resources: [this.task.taskRole.roleArn, this.task.obtainExecutionRole().roleArn],
        conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
      }),
    ];
    for (const statement of statements) launcher.function.addToRolePolicy(statement);
    acknowledge(
      launcher,
      "AwsSolutions-IAM5[Resource::*]",
      "Tasks cannot be listed by resource; the condition holds it to the trainers' cluster",
    );
    acknowledgeWildcard(launcher, tasks, "Tasks get their names when they start; these are trainers alone");
    const subnets = this.vpc.selectSubnets({ subnetType: SubnetType.PUBLIC }).subnetIds;
    const environment = {
      TRAINER_CLUSTER: this.clusterName,
      TRAINER_TASK: this.task.taskDefinitionArn,
      TRAINER_CONTAINER: containerName,
      TRAINER_SUBNETS: subnets.join(","),
      TRAINER_SECURITY_GROUP: this.group.securityGroupId,
    };
    for (const [key, value] of Object.entries(environment)) launcher.function.addEnvironment(key, value);
  }

  private addContainer({ config, data, artifacts, registry }: TrainerTaskProps): void {
    const container = this.task.addContainer(containerName, {
      image: ContainerImage.fromAsset(root, {
        file: "training/Dockerfile",
        platform: Platform.LINUX_AMD64,
        ignoreMode: IgnoreMode.DOCKER,
        exclude: ["*", ...buildContext.map((path) => `!${path}`)],
      }),
      user: "node",
      readonlyRootFilesystem: true,
      // A trainer that is told to stop fails its task by name first.
      stopTimeout: Duration.minutes(2),
      environment: {
        DATA_BUCKET: data.name,
        ARTIFACT_BUCKET: artifacts.name,
        MLFLOW_TRACKING_URI: registry.trackingUri,
        MLFLOW_AUTH: registry.auth,
        AWS_REGION: Stack.of(this).region,
      },
      logging: LogDrivers.awsLogs({
        streamPrefix: "task",
        logGroup: new LogGroup(this, "Log", {
          logGroupName: `/avocado/${config.stage}/trainer`,
          retention: config.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
    });
    // CACHE_FOLDER of the image.
    addWritableFolder(this.task, container, "/var/cache/trainer");
    acknowledge(
      this.task.obtainExecutionRole(),
      "AwsSolutions-IAM5[Resource::*]",
      "ecr:GetAuthorizationToken knows no resource",
    );
  }

  private grantWork({ config, data, artifacts, registry }: TrainerTaskProps): void {
    const { taskRole } = this.task;
    data.grantRead(taskRole, backbonePrefix, "datasets/", "training/");
    artifacts.grantRead(taskRole, "mlflow/");
    artifacts.grantWrite(taskRole, "mlflow/");
    registry.grantUse(taskRole);
    const actions = ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"];
    const resources = [retrainingArn(this, config)];
    taskRole.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
  }
}
