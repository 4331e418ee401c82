import { CustomResource, Duration } from "aws-cdk-lib";
import { CfnSecurityGroup, type IVpc, Port, SecurityGroup, SubnetType } from "aws-cdk-lib/aws-ec2";
import {
  AuroraPostgresEngineVersion,
  CfnDBInstance,
  CfnDBSubnetGroup,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
} from "aws-cdk-lib/aws-rds";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct, type IConstruct } from "constructs";
import type { CloudConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import { kept } from "./kept.ts";
import { NodeFunction } from "./node-function.ts";

export interface DatabaseProps {
  config: CloudConfig;
  vpc: IVpc;
}

/** A database on the cluster, and a role of the same name that owns it and may create others (ADR 11), but not read them. */
export interface OwnedDatabase {
  name: string;
  /** `username` and `password` of the role. */
  secret: ISecret;
}

/** Aurora PostgreSQL that pauses without connections, and the databases on it. */
export class Database extends Construct {
  readonly cluster: DatabaseCluster;
  /** Members of this group reach the database. */
  readonly clients: SecurityGroup;
  readonly mlflow: OwnedDatabase;
  /**
   * Makes the databases, then protects the cluster from deletion where data are kept. It has to be the last of its stack:
   * CloudFormation cannot delete a protected cluster, so that the rollback of a creation would fail.
   */
  readonly prepared: CustomResource;

  constructor(scope: Construct, id: string, { config, vpc }: DatabaseProps) {
    super(scope, id);
    this.clients = new SecurityGroup(this, "Clients", {
      vpc,
      description: "Reach the database",
      allowAllOutbound: false,
    });
    const { database } = config;
    this.cluster = new DatabaseCluster(this, "Cluster", {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
      writer: ClusterInstance.serverlessV2("Writer"),
      serverlessV2MinCapacity: 0,
      serverlessV2MaxCapacity: database.maxCapacity,
      serverlessV2AutoPauseDuration: Duration.minutes(database.pauseAfterMinutes),
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      enableDataApi: true,
      manageMasterUserPassword: true,
      iamAuthentication: true,
      storageEncrypted: true,
      backup: { retention: Duration.days(database.backupDays) },
      copyTagsToSnapshot: true,
      removalPolicy: kept(config),
    });
    // The cluster's own property knows of no kept instance or subnets but those of RETAIN, and of no security group.
    for (const part of this.cluster.node.findAll()) {
      if (isHeldByCluster(part)) part.applyRemovalPolicy(kept(config));
    }
    this.cluster.connections.allowFrom(this.clients, Port.tcp(this.cluster.clusterEndpoint.port), "Its clients");
    this.acknowledgeFindings();
    this.mlflow = { name: "mlflow", secret: this.addSecret("mlflow", config) };
    this.prepared = this.prepare(config, [this.mlflow]);
  }

  private addSecret(username: string, config: CloudConfig): ISecret {
    const secret = new Secret(this, `${username}Role`, {
      description: `Role ${username} of the database`,
      removalPolicy: kept(config),
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: "password",
        excludePunctuation: true,
        passwordLength: 40,
      },
    });
    acknowledge(
      secret,
      "AwsSolutions-SMG4",
      "The password opens one database, from one security group; a change needs MLflow stopped: 'npm run stage -- rotate'",
    );
    return secret as ISecret;
  }

  /** Makes databases and roles through the Data API, and sets the protection, whenever what is asked for changes. */
  private prepare(config: CloudConfig, databases: OwnedDatabase[]): CustomResource {
    const master = this.cluster.secret;
    if (!master) throw new Error("The cluster has no master secret");
    const { clusterArn } = this.cluster;
    const handler = new NodeFunction(this, "Prepare", {
      config,
      handler: "prepare-database",
      description: "Makes the databases and their roles",
      timeout: Duration.minutes(10),
      memoryMegabytes: 256,
      environment: { CLUSTER_ARN: clusterArn, MASTER_SECRET_ARN: master.secretArn },
    });
    handler.allow(["rds-data:ExecuteStatement", "rds:ModifyDBCluster"], [clusterArn]);
    const secrets = databases.map(({ secret }) => secret.secretArn);
    handler.allow(["secretsmanager:GetSecretValue"], [master.secretArn, ...secrets]);
    const prepared = new CustomResource(this, "Databases", {
      resourceType: "Custom::Databases",
      serviceToken: handler.function.functionArn,
      serviceTimeout: Duration.minutes(11),
      properties: {
        databases: databases.map(({ name, secret }) => ({ name, secretArn: secret.secretArn })),
        deletionProtection: String(config.keepData),
      },
    });
    // Without a writer the cluster does not answer.
    prepared.node.addDependency(this.cluster, handler);
    return prepared;
  }

  private acknowledgeFindings(): void {
    acknowledge(
      this.cluster,
      "AwsSolutions-RDS10",
      "Custom::Databases switches it on where data are kept, once all of the stack stands: a protected cluster cannot be deleted, and the rollback of a first deployment would fail",
    );
  }
}

/** Can it not be deleted as long as the cluster is there? */
function isHeldByCluster(part: IConstruct): part is CfnDBInstance | CfnDBSubnetGroup | CfnSecurityGroup {
  return part instanceof CfnDBInstance || part instanceof CfnDBSubnetGroup || part instanceof CfnSecurityGroup;
}
