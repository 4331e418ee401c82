import { type CfnResource, RemovalPolicy } from "aws-cdk-lib";
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { CloudConfig } from "../config.ts";
import { kept } from "./kept.ts";

/**
 * Two zones. Tasks run in public subnets and reach AWS by a public address of their own, which nothing may call: a NAT
 * gateway would cost more than everything else together. Data lies in isolated subnets that have no way out.
 */
export class Network extends Construct {
  readonly vpc: IVpc;

  constructor(scope: Construct, id: string, config: CloudConfig) {
    super(scope, id);
    this.vpc = new Vpc(this, "Vpc", {
      ipAddresses: IpAddresses.cidr("10.42.0.0/16"),
      ...(config.availabilityZones ? { availabilityZones: config.availabilityZones } : { maxAzs: 2 }),
      natGateways: 0,
      subnetConfiguration: [
        { name: "tasks", subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: "data", subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      // Photographs and models go to S3 without leaving AWS's network, and for nothing.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      // The cast, here and elsewhere: the CDK's types do not keep exact optional properties.
    }) as IVpc;
    this.keepSubnets(config);
    this.vpc.addFlowLog("Rejected", {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, "RejectedLog", {
          logGroupName: `/avocado/${config.stage}/rejected-traffic`,
          retention: config.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });
  }

  /** A database that outlives its stack holds its subnets: CloudFormation would fail to delete them. */
  private keepSubnets(config: CloudConfig): void {
    const subnets = this.vpc.isolatedSubnets.map(({ node }) => node.findChild("Subnet"));
    for (const part of [this.vpc.node.defaultChild, ...subnets]) {
      (part as CfnResource).applyRemovalPolicy(kept(config));
    }
  }
}
