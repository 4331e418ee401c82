import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { type IAccessLogSettings, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { StageConfig } from "../config.ts";

/** One JSON object a request. The gateway's own format has the caller's network address in it, which is personal data. */
const fields = {
  requestId: "$context.requestId",
  /** What the answer says in `x-request-id`. */
  lambdaRequestId: "$context.integration.requestId",
  time: "$context.requestTime",
  method: "$context.httpMethod",
  /** Without its query. */
  path: "$context.path",
  status: "$context.status",
  bytes: "$context.responseLength",
  latency: "$context.responseLatency",
  integrationLatency: "$context.integrationLatency",
  /** The AWS identity, on routes that ask for one. */
  identity: "$context.identity.userArn",
  error: "$context.error.message",
  integrationError: "$context.integrationErrorMessage",
};

/** Where the access log of a stage's API lies. */
export function accessLogName({ stage }: StageConfig, api: "api" | "mlflow"): string {
  return `/avocado/${stage}/${api}-access`;
}

/** The access log of an API: who is told by identity, never by address. */
export function accessLogFor(scope: Construct, config: StageConfig, api: "api" | "mlflow"): IAccessLogSettings {
  const log = new LogGroup(scope, "AccessLog", {
    logGroupName: accessLogName(config, api),
    retention: config.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return {
    destination: new LogGroupLogDestination(log),
    format: AccessLogFormat.custom(JSON.stringify(fields)),
  };
}
