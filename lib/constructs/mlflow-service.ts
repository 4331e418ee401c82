import { fileURLToPath } from "node:url";
import { Duration, IgnoreMode, RemovalPolicy, Stack } from "aws-cdk-lib";
import { type IVpc, Peer, Port, SecurityGroup, SubnetType } from "aws-cdk-lib/aws-ec2";
import { Platform } from "aws-cdk-lib/aws-ecr-assets";
import {
  Cluster,
  type ContainerDefinition,
  ContainerImage,
  ContainerInsights,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
  LogDrivers,
  PropagatedTagSource,
  Secret,
} from "aws-cdk-lib/aws-ecs";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { DnsRecordType, PrivateDnsNamespace, type Service } from "aws-cdk-lib/aws-servicediscovery";
import { Construct } from "constructs";
import type { CloudConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Database } from "./database.ts";
import type { PrivateBucket } from "./private-bucket.ts";
import { addWritableFolder } from "./writable-folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const port = 5000;

/** What the image is made of; everything else stays out, so that only a change to these makes a new image. */
const buildContext = ["mlflow-task", "scripts/setup/constraints.txt"];

export interface MlflowServiceProps {
  config: CloudConfig;
  vpc: IVpc;
  database: Database;
  artifacts: PrivateBucket;
}

/** One MLflow task on Fargate, found through Cloud Map. It reads artifacts to show them; clients write them themselves. */
export class MlflowService extends Construct {
  readonly clusterName: string;
  readonly serviceName: string;
  readonly serviceArn: string;
  readonly cloudMapService: Service;
  /** The only name that the server answers to. */
  readonly hostName: string;
  private readonly group: SecurityGroup;

  constructor(scope: Construct, id: string, props: MlflowServiceProps) {
    super(scope, id);
    const { config, vpc, database } = props;
    this.clusterName = `avocado-${config.stage}`;
    this.serviceName = "mlflow";
    const resourceName = `${this.clusterName}/${this.serviceName}`;
    this.serviceArn = Stack.of(this).formatArn({ service: "ecs", resource: "service", resourceName });
    this.group = new SecurityGroup(this, "Group", { vpc, description: "MLflow", allowAllOutbound: false });
    // Images, secrets and logs; without NAT and endpoints AWS has no narrower address.
    this.group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), "AWS");
    const namespace = new PrivateDnsNamespace(this, "Names", { vpc, name: `avocado-${config.stage}.internal` });
    this.hostName = `${this.serviceName}.${namespace.namespaceName}`;
    const task = this.defineTask(props);
    const cluster = new Cluster(this, "Cluster", {
      clusterName: this.clusterName,
      vpc,
      containerInsightsV2: ContainerInsights.DISABLED,
    }) as ICluster;
    acknowledge(
      cluster,
      "AwsSolutions-ECS4",
      "Container Insights would cost more than the one small task that it would watch; its own metrics and logs suffice",
    );
    const scalesToZero = config.registry.scaleToZeroAfterMinutes !== undefined;
    const service = new FargateService(this, "Service", {
      cluster,
      serviceName: this.serviceName,
      taskDefinition: task.taskDefinition,
      // Where the task may be scaled to zero, a deployment must not start it: without a number the service keeps the one it has.
      ...(!scalesToZero && { desiredCount: 1 }),
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      // Cost Explorer sees what runs, and the tags of a service do not reach its tasks by themselves.
      propagateTags: PropagatedTagSource.SERVICE,
      assignPublicIp: true,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      securityGroups: [this.group, database.clients],
      cloudMapOptions: {
        cloudMapNamespace: namespace,
        name: this.serviceName,
        container: task,
        containerPort: port,
        // The gateway learns the port from it.
        dnsRecordType: DnsRecordType.SRV,
        dnsTtl: Duration.seconds(10),
      },
    });
    // Without the right to pull its image or read its secret a task fails, and the circuit breaker ends the deployment.
    service.node.addDependency(task.taskDefinition.obtainExecutionRole());
    this.cloudMapService = service.cloudMapService as Service;
  }

  /** Lets members of the group call the server. */
  allowFrom(callers: SecurityGroup): void {
    this.group.addIngressRule(callers, Port.tcp(port), "Callers");
    callers.addEgressRule(this.group, Port.tcp(port), "MLflow");
  }

  private defineTask({ config, database, artifacts }: MlflowServiceProps): ContainerDefinition {
    const task = new FargateTaskDefinition(this, "Task", {
      family: `${this.clusterName}-${this.serviceName}`,
      cpu: config.registry.cpu,
      memoryLimitMiB: config.registry.memoryMegabytes,
    });
    acknowledge(
      task,
      "AwsSolutions-ECS2",
      "None of these variables is secret: the password comes from Secrets Manager",
    );
    artifacts.grantRead(task.taskRole, "mlflow/");
    const { name, secret } = database.mlflow;
    const container = task.addContainer("mlflow", {
      image: ContainerImage.fromAsset(root, {
        file: "mlflow-task/Dockerfile",
        platform: Platform.LINUX_AMD64,
        ignoreMode: IgnoreMode.DOCKER,
        exclude: ["*", ...buildContext.map((path) => `!${path}`)],
      }),
      environment: {
        DATABASE_HOST: database.cluster.clusterEndpoint.hostname,
        DATABASE_NAME: name,
        DATABASE_USER: name,
        ARTIFACT_ROOT: `s3://${artifacts.name}/mlflow`,
        ALLOWED_HOSTS: [this.hostName, `${this.hostName}:${port}`].join(","),
        PORT: String(port),
      },
      secrets: { DATABASE_PASSWORD: Secret.fromSecretsManager(secret, "password") },
      portMappings: [{ containerPort: port }],
      healthCheck: {
        command: [
          "CMD",
          "python",
          "-c",
          `import urllib.request; urllib.request.urlopen("http://127.0.0.1:${port}/health", timeout=4)`,
        ],
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        retries: 3,
        // A paused database and the migrations of a new version come first.
        startPeriod: Duration.minutes(5),
      },
      readonlyRootFilesystem: true,
      stopTimeout: Duration.seconds(30),
      logging: LogDrivers.awsLogs({
        streamPrefix: "task",
        logGroup: new LogGroup(this, "Log", {
          logGroupName: `/avocado/${config.stage}/mlflow`,
          retention: config.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
    });
    addWritableFolder(task, container, "/tmp");
    const pulling = task.obtainExecutionRole();
    acknowledge(pulling, "AwsSolutions-IAM5[Resource::*]", "ecr:GetAuthorizationToken knows no resource");
    return container;
  }
}
