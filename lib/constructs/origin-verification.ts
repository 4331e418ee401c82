import { Duration } from "aws-cdk-lib";
import type { IHttpRouteAuthorizer } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { originHeader } from "../../core/contracts/api-routes.ts";
import type { CloudConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import { NodeFunction } from "./node-function.ts";

/**
 * Lets requests through that come from CloudFront, which knows a secret. The gateway itself turns away what has no secret, and
 * asks the Lambda once an hour about the one that CloudFront has.
 */
export class OriginVerification extends Construct {
  readonly authorizer: IHttpRouteAuthorizer;
  /** What CloudFront has to send. Resolved when it is deployed, so that no template has it. */
  readonly secret: string;

  constructor(scope: Construct, id: string, config: CloudConfig) {
    super(scope, id);
    const secret = new Secret(this, "Secret", {
      description: "What CloudFront says to the API, for the API to answer it",
      generateSecretString: {
        secretStringTemplate: "{}",
        generateStringKey: "value",
        excludePunctuation: true,
        passwordLength: 48,
      },
    });
    acknowledge(
      secret,
      "AwsSolutions-SMG4",
      "CloudFront and the API have to change it at the same moment; what it guards is open to the public through CloudFront",
    );
    this.secret = secret.secretValueFromJson("value").unsafeUnwrap();
    const authorise = new NodeFunction(this, "Authorise", {
      config,
      handler: "authorise-origin",
      description: "Tells CloudFront from everybody else",
      timeout: Duration.seconds(10),
      memoryMegabytes: 256,
      environment: { ORIGIN_SECRET: secret.secretArn },
    });
    authorise.allow(["secretsmanager:GetSecretValue"], [secret.secretArn]);
    this.authorizer = new HttpLambdaAuthorizer("Origin", authorise.function, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: [`$request.header.${originHeader}`],
      resultsCacheTtl: Duration.hours(1),
    });
  }
}
