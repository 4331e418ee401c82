import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../lib/config.ts";
import { definition } from "../support/definition.ts";
import { stages, synthesise, synthesiseConfig } from "../support/stages.ts";

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

  it("is scaled to zero when nobody uses it, and never waits for spot capacity", () => {
    const [, service] = synthesise(stage).resources("AWS::ECS::Service")[0] ?? [];
    const { LaunchType, CapacityProviderStrategy, DesiredCount } = service?.Properties ?? {};
    expect({ LaunchType, CapacityProviderStrategy, DesiredCount }).toEqual({ LaunchType: "FARGATE" });
    template().resourceCountIs("AWS::Events::Rule", 1);
  });

  it("always runs in a stage that does not say when to end it", () => {
    const own = synthesiseConfig(parseConfig({ stage: "own" }, "test"));
    const [, service] = own.resources("AWS::ECS::Service")[0] ?? [];
    const { LaunchType, DesiredCount } = service?.Properties ?? {};
    expect([LaunchType, DesiredCount]).toEqual(["FARGATE", 1]);
    own.template("registry").resourceCountIs("AWS::Events::Rule", 0);
  });

  it("has ten minutes to start from zero, within the time of the function and of its state", () => {
    const [, start] =
      synthesise(stage)
        .resources("AWS::Lambda::Function")
        .find(([id]) => id.startsWith("StepsStartRegistry")) ?? [];
    // A last call of 35 s may begin just before the limit.
    expect(start?.Properties.Timeout).toBeGreaterThanOrEqual(600 + 35);
    expect(definition.States["Start registry"]?.TimeoutSeconds).toBeGreaterThan(start?.Properties.Timeout);
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
      expect.arrayContaining(["start-registry", "start-training", "evaluate-model", "deploy-model", "record-failure"]),
    );
  });
});
