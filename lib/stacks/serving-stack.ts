import { CfnOutput, Duration, Stack, type StackProps } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { metricNamespace } from "../../core/contracts/metrics.ts";
import { isLocal, type StageConfig } from "../config.ts";
import { Edge } from "../constructs/edge.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { OriginVerification } from "../constructs/origin-verification.ts";
import { PredictApi } from "../constructs/predict-api.ts";
import { createPredictFunction, warmed } from "../constructs/predict-function.ts";
import type { PrivateBucket } from "../constructs/private-bucket.ts";
import type { Registry } from "../constructs/registry.ts";

export interface ServingStackProps extends StackProps {
  config: StageConfig;
  artifactBucket: PrivateBucket;
  /** Keeps `uploads/` for a day. */
  dataBucket: PrivateBucket;
  registry: Registry;
}

/** The predict Lambda and the API in front of it. */
export class ServingStack extends Stack {
  readonly api: PredictApi;
  /** Address without a slash at its end at which everybody's requests are answered, whatever DNS says. */
  readonly publicUrl: string;

  constructor(scope: Construct, id: string, props: ServingStackProps) {
    super(scope, id, props);
    const { config, artifactBucket, dataBucket } = props;
    const publish = this.addPublishFunction(props);
    const handler = createPredictFunction(this, config, {
      ARTIFACT_BUCKET: artifactBucket.name,
      UPLOAD_BUCKET: dataBucket.name,
      PUBLISH_FUNCTION: publish.function.functionName,
      POWERTOOLS_METRICS_NAMESPACE: metricNamespace(config.stage),
    });
    // It decodes images from anybody: it may read what is published, and have it published again, but write none of it.
    artifactBucket.grantRead(handler, "serving/");
    handler.addToRolePolicy(
      new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [publish.function.functionArn] }),
    );
    // A presigned form may do what its signer may.
    dataBucket.grantRead(handler, "uploads/");
    dataBucket.grantWrite(handler, "uploads/");
    const originVerification =
      !isLocal(config) && config.edge ? new OriginVerification(this, "OriginVerification", config) : undefined;
    this.api = new PredictApi(this, "PredictApi", {
      config,
      handler: warmed(this, handler, config.predict.provisionedConcurrency),
      originAuthorizer: originVerification?.authorizer,
    });
    this.publicUrl = this.api.url;
    if (!isLocal(config) && config.edge && originVerification) {
      const { edge, domain } = config;
      const { url, distributionUrl } = new Edge(this, "Edge", { edge, domain, api: this.api.api, originVerification });
      this.publicUrl = distributionUrl;
      new CfnOutput(this, "PublicUrl", { value: url });
    }

    new CfnOutput(this, "ApiUrl", { value: this.api.url });
    new CfnOutput(this, "ApiId", { value: this.api.api.apiId });
  }

  /** Publishes the champion when the API is asked to reload. Nothing but the predict Lambda may call it. */
  private addPublishFunction({ config, artifactBucket, registry }: ServingStackProps): NodeFunction {
    const publish = new NodeFunction(this, "PublishChampion", {
      config,
      handler: "publish-champion",
      description: "Publishes the champion for the API",
      timeout: Duration.seconds(25),
      memoryMegabytes: 1769,
      environment: {
        ARTIFACT_BUCKET: artifactBucket.name,
        MODEL_NAME: config.modelName,
        MLFLOW_TRACKING_URI: registry.trackingUri,
        MLFLOW_AUTH: registry.auth,
      },
    });
    artifactBucket.grantRead(publish, "mlflow/", "serving/");
    artifactBucket.grantWrite(publish, "serving/");
    registry.grantRead(publish, ["registered-models/alias", "runs/get"]);
    return publish;
  }
}
