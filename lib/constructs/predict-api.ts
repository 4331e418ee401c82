import { CfnOutput, Duration } from "aws-cdk-lib";
import {
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  type IHttpRouteAuthorizer,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer, HttpJwtAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { apiRoutes, routeEntries } from "../../core/contracts/api-routes.ts";
import { type CloudConfig, isLocal, type StageConfig } from "../config.ts";
import { accessLogFor } from "./access-log.ts";
import { acknowledge } from "./acknowledge.ts";

const everyone =
  "Asking for a prediction is public by design: it reads nothing of anybody's, and the stage throttles what it may cost";

export interface PredictApiProps {
  config: StageConfig;
  handler: IFunction;
  /** Lets through what may ask for a prediction (default: everybody). */
  originAuthorizer?: IHttpRouteAuthorizer | undefined;
}

/** The HTTP API in front of the predict Lambda. Everybody may ask; only AWS identities may have it reload its model. */
export class PredictApi extends Construct {
  readonly api: HttpApi;
  /** Address without a slash at its end. */
  readonly url: string;

  constructor(scope: Construct, id: string, { config, handler, originAuthorizer }: PredictApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, "Api", {
      apiName: `avocado-${config.stage}`,
      createDefaultStage: false,
      ...(!isLocal(config) && config.corsOrigins.length > 0 && { corsPreflight: corsFor(config.corsOrigins) }),
    });
    this.addRoutes(config, new HttpLambdaIntegration("Predict", handler), originAuthorizer);
    const domain = isLocal(config) || config.edge ? undefined : this.addDomain(config);
    this.api.addStage("Stage", {
      stageName: "$default",
      autoDeploy: true,
      throttle: { rateLimit: config.predict.rateLimit, burstLimit: config.predict.burstLimit },
      accessLogSettings: accessLogFor(this, config, "api"),
      ...(domain && { domainMapping: { domainName: domain } }),
    });
    // The emulated gateway has one address for all APIs.
    this.url = isLocal(config)
      ? `${config.endpoint}/_aws/execute-api/${this.api.apiId}/$default`
      : this.api.apiEndpoint;
  }

  private addRoutes(
    { predict: { jwt } }: StageConfig,
    integration: HttpLambdaIntegration,
    originAuthorizer?: IHttpRouteAuthorizer,
  ): void {
    const identities = new HttpIamAuthorizer();
    const anybody = originAuthorizer ?? new HttpNoneAuthorizer();
    const callers: IHttpRouteAuthorizer = jwt
      ? new HttpJwtAuthorizer("Callers", jwt.issuer, { jwtAudience: jwt.audience })
      : anybody;
    for (const { route, method, path } of routeEntries) {
      const forIdentities = apiRoutes[route] === "identities";
      const costs = method === "POST";
      const authorizer = forIdentities ? identities : costs ? callers : anybody;
      const added = this.api.addRoutes({ path, methods: [HttpMethod[method]], integration, authorizer });
      if (forIdentities || originAuthorizer || (costs && jwt)) continue;
      for (const one of added) acknowledge(one, "AwsSolutions-APIG4", everyone);
    }
  }

  private addDomain({ domain }: CloudConfig): DomainName | undefined {
    if (!domain) return undefined;
    const certificate = Certificate.fromCertificateArn(this, "Certificate", domain.certificateArn);
    const named = new DomainName(this, "Domain", { domainName: domain.name, certificate });
    new CfnOutput(this, "ApiDomainTarget", { value: named.regionalDomainName }).overrideLogicalId("ApiDomainTarget");
    return named;
  }

  /** Allows to have the API reload its model. */
  grantReload(grantee: IGrantable): void {
    const resources = [this.api.arnForExecuteApi("POST", "/reload-model", "$default")];
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: ["execute-api:Invoke"], resources }));
  }
}

function corsFor(allowOrigins: string[]) {
  return {
    allowOrigins,
    allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST],
    allowHeaders: ["content-type", "authorization"],
    exposeHeaders: ["x-request-id", "retry-after"],
    maxAge: Duration.hours(1),
  };
}
