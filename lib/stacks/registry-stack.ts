import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { CloudConfig } from "../config.ts";
import type { Database } from "../constructs/database.ts";
import { MlflowService } from "../constructs/mlflow-service.ts";
import type { Network } from "../constructs/network.ts";
import type { PrivateBucket } from "../constructs/private-bucket.ts";
import type { Registry } from "../constructs/registry.ts";
import { RegistryApi } from "../constructs/registry-api.ts";
import { RegistryScaleToZero } from "../constructs/registry-scale-to-zero.ts";

export interface RegistryStackProps extends StackProps {
  config: CloudConfig;
  network: Network;
  database: Database;
  artifacts: PrivateBucket;
}

/** The MLflow server and the API in front of it. */
export class RegistryStack extends Stack {
  readonly registry: Registry;

  constructor(scope: Construct, id: string, props: RegistryStackProps) {
    super(scope, id, props);
    const { config, network, database, artifacts } = props;
    const { vpc } = network;
    const api = new RegistryApi(this, "RegistryApi", config);
    const service = new MlflowService(this, "Mlflow", { config, vpc, database, artifacts });
    api.forwardTo(service, vpc);
    const health = "GET /health";
    const search = "POST /api/2.0/mlflow/experiments/search";
    this.registry = {
      trackingUri: api.url,
      auth: "sigv4",
      service: { cluster: service.clusterName, name: service.serviceName },
      grantUse: (grantee) =>
        api.grant(
          grantee,
          methods.map((method) => `${method} /api/2.0/mlflow/*`),
        ),
      grantRead: (grantee, calls) =>
        api.grant(
          grantee,
          calls.map((call) => `GET /api/2.0/mlflow/${call}`),
        ),
      grantStart: (grantee) => {
        const actions = ["ecs:DescribeServices", "ecs:UpdateService"];
        const statement = new PolicyStatement({ actions, resources: [service.serviceArn] });
        grantee.grantPrincipal.addToPrincipalPolicy(statement);
        api.grant(grantee, [health, search]);
      },
    };
    const { scaleToZeroAfterMinutes } = config.registry;
    if (scaleToZeroAfterMinutes) {
      new RegistryScaleToZero(this, "ScaleToZero", { config, service, apiId: api.id, scaleToZeroAfterMinutes });
    }
    new CfnOutput(this, "TrackingUri", { value: api.url });
    new CfnOutput(this, "MlflowCluster", { value: service.clusterName });
    new CfnOutput(this, "MlflowService", { value: service.serviceName });
  }
}

const methods = ["GET", "POST", "DELETE"];
