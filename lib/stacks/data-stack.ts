import { CfnOutput, Duration, Stack, type StackProps } from "aws-cdk-lib";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { isLocal, type StageConfig } from "../config.ts";
import { acknowledge } from "../constructs/acknowledge.ts";
import { Database } from "../constructs/database.ts";
import { Network } from "../constructs/network.ts";
import { PrivateBucket } from "../constructs/private-bucket.ts";

/** Why a stage without `keepData` has no access logs of its buckets. */
const unlogged =
  "S3 delivers access logs hours later, into a bucket that was emptied to be deleted with the stage: it could not go";

export interface DataStackProps extends StackProps {
  config: StageConfig;
}

/** What outlives every deployment: photographs as given, datasets made of them, and models. */
export class DataStack extends Stack {
  /** Datasets as people put them there. */
  readonly raw: PrivateBucket;
  /** `fetched/`, `datasets/` and `training/`, which can be made again from the raw bucket, and `uploads/`, kept for a day. */
  readonly data: PrivateBucket;
  /** MLflow's artifacts and `serving/`. */
  readonly artifacts: PrivateBucket;
  /** A laptop needs neither. */
  readonly cloud?: { network: Network; database: Database };

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { config } = props;
    const logged = this.addAccessLogs(config);
    this.raw = new PrivateBucket(this, "Raw", { config, purpose: "raw", ...logged, announced: !isLocal(config) });
    this.data = new PrivateBucket(this, "Data", {
      config,
      purpose: "data",
      ...logged,
      lifecycleRules: [
        { id: "fetched-copies", prefix: "fetched/", expiration: Duration.days(30) },
        { id: "uploads", prefix: "uploads/", expiration: Duration.days(1) },
      ],
      ...(!isLocal(config) && { uploadOrigins: config.corsOrigins }),
    });
    this.artifacts = new PrivateBucket(this, "Artifacts", {
      config,
      purpose: "artifacts",
      ...logged,
      versioned: true,
      lifecycleRules: [{ id: "replaced-versions", noncurrentVersionExpiration: Duration.days(365) }],
    });
    for (const { bucket } of [this.raw, this.data, this.artifacts]) {
      if (!logged.accessLogs) acknowledge(bucket, "AwsSolutions-S1", unlogged);
    }
    if (!isLocal(config)) {
      const network = new Network(this, "Network", config);
      const database = new Database(this, "Database", { config, vpc: network.vpc });
      database.prepared.node.addDependency(...this.node.children.filter((child) => child !== database));
      this.cloud = { network, database };
    }

    new CfnOutput(this, "RawBucket", { value: this.raw.bucket.bucketName });
    new CfnOutput(this, "DataBucket", { value: this.data.bucket.bucketName });
    new CfnOutput(this, "ArtifactBucket", { value: this.artifacts.bucket.bucketName });
  }

  /** The bucket of the others' access logs, in a stage that keeps its data. */
  private addAccessLogs(config: StageConfig): { accessLogs?: Bucket } {
    if (isLocal(config) || !config.keepData) return {};
    const { bucket } = new PrivateBucket(this, "AccessLogs", {
      config,
      purpose: "access-logs",
      lifecycleRules: [{ id: "old-logs", expiration: Duration.days(90) }],
    });
    return { accessLogs: bucket };
  }
}
