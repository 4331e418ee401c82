import { Aws, Duration } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  HttpMethods,
  type IBucket,
  type LifecycleRule,
} from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { isLocal, type StageConfig } from "../config.ts";
import { acknowledgeWildcard } from "./acknowledge.ts";
import { kept } from "./kept.ts";

export interface PrivateBucketProps {
  config: StageConfig;
  /** Last part of the bucket's name. */
  purpose: string;
  versioned?: boolean;
  lifecycleRules?: LifecycleRule[];
  /** Tells the account's event bus of every new object. */
  announced?: boolean;
  /** Web pages that may upload with a presigned form. */
  uploadOrigins?: string[];
  /** Receives the access logs. */
  accessLogs?: Bucket;
}

/** A bucket that only this account reaches, over TLS, with grants by prefix. */
export class PrivateBucket extends Construct {
  readonly bucket: Bucket;
  /** Made from the name, so that the stacks that use the bucket do not hold it fast through an export. */
  readonly name: string;
  private readonly arn: string;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    const { config } = props;
    const name = `avocado-${config.stage}-${props.purpose}`;
    // A laptop's MLflow needs the name before anything is deployed; in the cloud names are unique among all accounts.
    this.name = isLocal(config) ? name : `${name}-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
    this.arn = `arn:${Aws.PARTITION}:s3:::${this.name}`;
    this.bucket = new Bucket(this, "Bucket", {
      bucketName: this.name,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      versioned: props.versioned ?? false,
      lifecycleRules: [
        { id: "abandoned-uploads", abortIncompleteMultipartUploadAfter: Duration.days(2) },
        ...(props.lifecycleRules ?? []),
      ],
      ...(props.uploadOrigins?.length && {
        cors: [{ allowedMethods: [HttpMethods.POST], allowedOrigins: props.uploadOrigins, maxAge: 3600 }],
      }),
      removalPolicy: kept(config),
      // The cast: the CDK's types do not keep exact optional properties.
      ...(props.accessLogs && {
        serverAccessLogsBucket: props.accessLogs as IBucket,
        serverAccessLogsPrefix: `${props.purpose}/`,
      }),
    });
    if (props.announced) this.announce();
  }

  /** The CDK's own property would add a Lambda that may change every bucket; CloudFormation can do it by itself. */
  private announce(): void {
    const bucket = this.bucket.node.defaultChild as CfnBucket;
    bucket.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  }

  /** Allows to read the objects under the prefixes (all of them when there is none). */
  grantRead(grantee: IGrantable, ...prefixes: string[]): void {
    this.grant(grantee, ["s3:GetObject"], prefixes);
    // On the whole bucket: without it S3 answers 403 instead of 404 for an object that is not there, and a condition on the
    // prefix does not help, since a request for an object has none.
    this.grantList(grantee);
  }

  /** Allows to see which objects there are. */
  grantList(grantee: IGrantable): void {
    allow(grantee, ["s3:ListBucket"], [this.arn]);
  }

  /** Allows to write objects under the prefixes. */
  grantWrite(grantee: IGrantable, ...prefixes: [string, ...string[]]): void {
    this.grant(grantee, ["s3:PutObject"], prefixes);
  }

  private grant({ grantPrincipal }: IGrantable, actions: string[], prefixes: string[]): void {
    const resources = (prefixes.length > 0 ? prefixes : [""]).map((prefix) => `${this.arn}/${prefix}*`);
    allow({ grantPrincipal }, actions, resources);
    if (!Construct.isConstruct(grantPrincipal)) return;
    for (const resource of resources) {
      acknowledgeWildcard(grantPrincipal, resource, "The objects under a prefix have no names before they are written");
    }
  }
}

function allow({ grantPrincipal }: IGrantable, actions: string[], resources: string[]): void {
  grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
}
