import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { StageConfig } from "../config.ts";
import { PredictApi } from "../constructs/predict-api.ts";
import { createPredictFunction } from "../constructs/predict-function.ts";
import type { PrivateBucket } from "../constructs/private-bucket.ts";

export interface ServingStackProps extends StackProps {
  config: StageConfig;
  artifactBucket: PrivateBucket;
}

/** The predict Lambda and the API in front of it. */
export class ServingStack extends Stack {
  readonly api: PredictApi;

  constructor(scope: Construct, id: string, props: ServingStackProps) {
    super(scope, id, props);
    const { config, artifactBucket } = props;
    const handler = createPredictFunction(this, config, { ARTIFACT_BUCKET: artifactBucket.name });
    artifactBucket.grantRead(handler, "serving/");
    this.api = new PredictApi(this, "PredictApi", { config, handler });

    new CfnOutput(this, "ApiUrl", { value: this.api.url });
    new CfnOutput(this, "ApiId", { value: this.api.api.apiId });
  }
}
