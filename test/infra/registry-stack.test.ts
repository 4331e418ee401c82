import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { stages, synthesise } from "../support/stages.ts";

describe.each(stages.filter((stage) => stage !== "local"))("the registry of stage %s", (stage) => {
  const template = () => synthesise(stage).template("registry");

  it("takes no request that is not signed by an AWS identity", () => {
    const routes = Object.values(template().findResources("AWS::ApiGatewayV2::Route")).map(
      ({ Properties }) => Properties,
    );
    expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(["ANY /", "ANY /{proxy+}"]);
    for (const { AuthorizationType } of routes) expect(AuthorizationType).toBe("AWS_IAM");
  });

  it("is reached through the link alone, on the port that Cloud Map tells", () => {
    template().hasResourceProperties("AWS::ApiGatewayV2::Integration", { ConnectionType: "VPC_LINK" });
    const registered = { DnsConfig: Match.objectLike({ DnsRecords: [{ TTL: 10, Type: "SRV" }] }) };
    template().hasResourceProperties("AWS::ServiceDiscovery::Service", registered);
    const open = Object.values(template().findResources("AWS::EC2::SecurityGroup")).filter(
      ({ Properties }) => Properties.SecurityGroupIngress,
    );
    expect(open).toEqual([]);
    expect(Object.keys(template().findResources("AWS::EC2::SecurityGroupIngress"))).toEqual([
      expect.stringMatching(/^MlflowGroupfrom.*RegistryApiLink/),
    ]);
  });

  it("calls the server by the name that the server answers to, whatever the caller's Host header", () => {
    const [integration] = Object.values(template().findResources("AWS::ApiGatewayV2::Integration"));
    const host = integration?.Properties.RequestParameters["overwrite:header.host"];
    expect(host).toBe(`mlflow.avocado-${stage}.internal`);
    const [task] = Object.values(template().findResources("AWS::ECS::TaskDefinition"));
    const { Environment } = task?.Properties.ContainerDefinitions[0] ?? {};
    // A string: with an intrinsic function in it, only the account knows which names it holds.
    expect(Environment).toContainEqual({ Name: "ALLOWED_HOSTS", Value: `${host},${host}:5000` });
  });

  it("goes back to the version before when a new one does not become healthy", () => {
    template().hasResourceProperties("AWS::ECS::Service", {
      DeploymentConfiguration: Match.objectLike({ DeploymentCircuitBreaker: { Enable: true, Rollback: true } }),
    });
    const [container] =
      Object.values(template().findResources("AWS::ECS::TaskDefinition"))[0]?.Properties.ContainerDefinitions ?? [];
    expect(container.HealthCheck.Command.join(" ")).toContain("/health");
    expect(container.LogConfiguration.LogDriver).toBe("awslogs");
    expect(container.Secrets).toEqual([{ Name: "DATABASE_PASSWORD", ValueFrom: expect.anything() }]);
  });

  it("sleeps in dev and is always there in prod, on capacity that is there when it is started", () => {
    const [, service] = synthesise(stage).resources("AWS::ECS::Service")[0] ?? [];
    const { CapacityProviderStrategy, DesiredCount } = service?.Properties ?? {};
    const [{ CapacityProvider }] = CapacityProviderStrategy;
    expect([CapacityProvider, DesiredCount]).toEqual(["FARGATE", stage === "dev" ? undefined : 1]);
    template().resourceCountIs("AWS::Events::Rule", stage === "dev" ? 1 : 0);
  });

  it("is told to the steps that use it", () => {
    const functions = synthesise(stage).resources("AWS::Lambda::Function");
    const told = functions.filter(([, { Properties }]) => Properties.Environment.Variables.MLFLOW_AUTH === "sigv4");
    const names = told.map(([, { Properties }]) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME);
    expect(names).toEqual(
      expect.arrayContaining(["wake-registry", "start-training", "evaluate-model", "deploy-model", "record-failure"]),
    );
  });
});
