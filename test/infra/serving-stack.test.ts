import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../lib/config.ts";
import { stages, synthesise, synthesiseConfig } from "../support/stages.ts";

describe.each(stages)("the API of stage %s", (stage) => {
  it("lets only AWS identities have it reload the model", () => {
    const routes = Object.entries(synthesise(stage).template("serving").findResources("AWS::ApiGatewayV2::Route"));
    expect(
      Object.fromEntries(routes.map(([, { Properties }]) => [Properties.RouteKey, Properties.AuthorizationType])),
    ).toEqual({
      "GET /": "NONE",
      "POST /predict": "NONE",
      "POST /uploads": "NONE",
      "GET /health": "NONE",
      "GET /openapi.json": "NONE",
      "GET /docs": "NONE",
      "GET /docs/{file}": "NONE",
      "POST /reload-model": "AWS_IAM",
    });
  });

  it("is throttled and writes an access log", () => {
    synthesise(stage)
      .template("serving")
      .hasResourceProperties("AWS::ApiGatewayV2::Stage", {
        StageName: "$default",
        AutoDeploy: true,
        DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
        AccessLogSettings: Match.objectLike({ DestinationArn: Match.anyValue() }),
      });
  });

  it("logs no network address of a caller and no query, for both are personal", () => {
    for (const [, { Properties }] of synthesise(stage).resources("AWS::ApiGatewayV2::Stage")) {
      const format = JSON.parse(Properties.AccessLogSettings.Format);
      expect(Object.values(format)).toContain("$context.requestId");
      expect(JSON.stringify(format)).not.toMatch(/sourceIp|querystring|userAgent/i);
    }
  });

  it("says where it is", () => {
    const { ApiUrl } = synthesise(stage).template("serving").findOutputs("ApiUrl");
    const url = JSON.stringify(ApiUrl?.Value);
    expect(url).toContain(stage === "local" ? "http://127.0.0.1:4566/_aws/execute-api/" : '"ApiEndpoint"');
  });
});

describe("the predict Lambda", () => {
  it("is a container image in prod and a zip on a laptop, with memory that a new account has", () => {
    synthesise("prod")
      .template("serving")
      .hasResourceProperties("AWS::Lambda::Function", {
        PackageType: "Image",
        MemorySize: 3008,
        Architectures: ["x86_64"],
        Timeout: 29,
      });
    synthesise("local").template("serving").hasResourceProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      PackageType: Match.absent(),
    });
  });

  it("is traced where the stage asks for it, and may then send traces", () => {
    const traced = { TracingConfig: { Mode: "Active" } };
    const own = synthesiseConfig(parseConfig({ stage: "own", predict: { tracing: true } }, "test"));
    own.template("serving").hasResourceProperties("AWS::Lambda::Function", traced);
    const prod = synthesise("prod").template("serving");
    prod.resourcePropertiesCountIs("AWS::Lambda::Function", traced, 0);
    const sends = ({ template }: typeof own) => JSON.stringify(template("serving").toJSON()).includes("xray:");
    expect([sends(own), sends(synthesise("prod"))]).toEqual([true, false]);
  });
});
