import { Stack } from "aws-cdk-lib";
import { HttpApi, HttpMethod, MappingValue, ParameterMapping, VpcLink } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpServiceDiscoveryIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { type IVpc, SecurityGroup, SubnetType } from "aws-cdk-lib/aws-ec2";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { CloudConfig } from "../config.ts";
import { accessLogFor } from "./access-log.ts";
import { acknowledgeWildcard } from "./acknowledge.ts";
import type { MlflowService } from "./mlflow-service.ts";

/** The only way to the MLflow server: an HTTP API that takes requests signed by AWS identities with a grant. */
export class RegistryApi extends Construct {
  readonly id: string;
  readonly url: string;
  private readonly api: HttpApi;
  private readonly exportedId: string;
  private readonly name: string;

  constructor(scope: Construct, id: string, config: CloudConfig) {
    super(scope, id);
    this.name = `avocado-${config.stage}-mlflow`;
    this.api = new HttpApi(this, "Api", {
      apiName: this.name,
      createDefaultStage: false,
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    this.id = this.api.apiId;
    // Made by hand, so that what is acknowledged in other stacks can be written down.
    this.exportedId = Stack.of(this).exportValue(this.id);
    this.url = this.api.apiEndpoint;
    this.api.addStage("Stage", {
      stageName: "$default",
      autoDeploy: true,
      throttle: { rateLimit: 100, burstLimit: 200 },
      accessLogSettings: accessLogFor(this, config, "mlflow"),
    });
  }

  /**
   * Sends every request to the service, under the service's own name. Through a VPC link the Host header would otherwise
   * be the task's address or the API's name, and MLflow answers 403 to a name that it does not know. Host is not among the
   * reserved headers of
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html#http-api-mapping-reserved-headers
   */
  forwardTo(service: MlflowService, vpc: IVpc): void {
    const group = new SecurityGroup(this, "Link", { vpc, description: "Link to MLflow", allowAllOutbound: false });
    service.allowFrom(group);
    const subnets = { subnetType: SubnetType.PUBLIC };
    const vpcLink = new VpcLink(this, "VpcLink", { vpcLinkName: this.name, vpc, subnets, securityGroups: [group] });
    const parameterMapping = new ParameterMapping().overwriteHeader("host", MappingValue.custom(service.hostName));
    const options = { vpcLink, parameterMapping };
    const integration = new HttpServiceDiscoveryIntegration("Mlflow", service.cloudMapService, options);
    for (const path of ["/", "/{proxy+}"]) this.api.addRoutes({ path, methods: [HttpMethod.ANY], integration });
  }

  /** Allows the requests, each written as `METHOD /path`, to a role of another stack. */
  grant(grantee: IGrantable, requests: string[]): void {
    const { partition, region, account } = Stack.of(this);
    const resources = requests.map(
      (request) =>
        `arn:${partition}:execute-api:${region}:${account}:${this.exportedId}/$default/${request.replace(" ", "")}`,
    );
    const { grantPrincipal } = grantee;
    grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: ["execute-api:Invoke"], resources }));
    if (!Construct.isConstruct(grantPrincipal)) return;
    for (const resource of resources.filter((_, i) => requests[i]?.includes("*"))) {
      acknowledgeWildcard(grantPrincipal, resource, "MLflow's REST API has a path for each of its calls");
    }
  }
}
