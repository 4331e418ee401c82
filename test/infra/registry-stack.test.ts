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

  it("sleeps on spot capacity in dev, and is always there in prod", () => {
    const [, service] = synthesise(stage).resources("AWS::ECS::Service")[0] ?? [];
    const { CapacityProviderStrategy, DesiredCount } = service?.Properties ?? {};
    const [{ CapacityProvider }] = CapacityProviderStrategy;
    expect([CapacityProvider, DesiredCount]).toEqual(stage === "dev" ? ["FARGATE_SPOT", undefined] : ["FARGATE", 1]);
    template().resourceCountIs("AWS::Events::Rule", stage === "dev" ? 1 : 0);
  });

  it("deletes the service before the capacity that it runs on, which ECS would refuse to take away", () => {
    const [service] = Object.values(template().findResources("AWS::ECS::Service"));
    const [capacity] = Object.keys(template().findResources("AWS::ECS::ClusterCapacityProviderAssociations"));
    expect(service?.DependsOn).toContain(capacity);
  });

  it("has names of its stage, so that two in one account can be told apart", () => {
    const name = `avocado-${stage}-mlflow`;
    template().hasResourceProperties("AWS::ECS::TaskDefinition", { Family: name });
    template().hasResourceProperties("AWS::ApiGatewayV2::VpcLink", { Name: name });
  });

  it("hands its tags to its tasks, whose cost they tell", () => {
    const tags = Match.arrayWith([{ Key: "stage", Value: stage }]);
    template().hasResourceProperties("AWS::ECS::Service", { PropagateTags: "SERVICE", Tags: tags });
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
