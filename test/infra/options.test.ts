import { describe, expect, it } from "vitest";
import { parseConfig } from "../../lib/config.ts";
import { lint } from "../support/lint.ts";
import { type SynthesisedStage, synthesiseConfig } from "../support/stages.ts";

/** Settings that no stage's file has, in two stages that go with them. */
const origins = { corsOrigins: ["https://page.example"] };
const domain = {
  name: "avocado.example.com",
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/0123abcd",
};
const tokens = synthesiseConfig(
  parseConfig(
    {
      stage: "tokens",
      ...origins,
      domain,
      predict: { jwt: { issuer: "https://issuer.example", audience: ["avocado"] }, provisionedConcurrency: 2 },
    },
    "test",
  ),
);
const edge = (more: object = {}) =>
  synthesiseConfig(parseConfig({ stage: "edge", region: "us-east-1", edge: {}, ...more }, "test"));
const named = edge({ domain, ...origins, edge: { requestsPerFiveMinutes: 50 } });
const unnamed = edge();

/** Kind of authorizer of each route. */
function authorizers({ resources }: SynthesisedStage): Record<string, string> {
  const routes = resources("AWS::ApiGatewayV2::Route").filter(([id]) => id.startsWith("PredictApi"));
  return Object.fromEntries(routes.map(([, { Properties }]) => [Properties.RouteKey, Properties.AuthorizationType]));
}

it.each([
  ["domain, corsOrigins, jwt, provisionedConcurrency", tokens],
  ["edge, domain, corsOrigins", named],
  ["edge", unnamed],
])("cfn-lint finds nothing in the templates of a stage with %s", async (_, { stacks, template }) => {
  expect(await lint(Object.fromEntries(stacks.map(({ node }) => [node.id, template(node.id).toJSON()])))).toBe("");
});

describe("corsOrigins", () => {
  it("lets the pages call and upload", () => {
    for (const stage of [tokens, named]) {
      const [, api] = stage.resources("AWS::ApiGatewayV2::Api").find(([id]) => id.startsWith("PredictApi")) ?? [];
      expect(api?.Properties.CorsConfiguration).toMatchObject({
        AllowOrigins: ["https://page.example"],
        AllowMethods: ["GET", "POST"],
        ExposeHeaders: ["x-request-id", "retry-after"],
      });
      stage.template("data").hasResourceProperties("AWS::S3::Bucket", {
        CorsConfiguration: {
          CorsRules: [{ AllowedMethods: ["POST"], AllowedOrigins: ["https://page.example"], MaxAge: 3600 }],
        },
      });
    }
  });
});

describe("availabilityZones", () => {
  const zoned = (zones: string[], more: object = {}) =>
    synthesiseConfig(parseConfig({ stage: "zoned", availabilityZones: zones, ...more }, "test"));

  it("are where every subnet lies, whether the account is known or not", () => {
    const zones = ["us-east-1b", "us-east-1d"];
    for (const more of [{}, { account: "123456789012", region: "us-east-1" }]) {
      const subnets = zoned(zones, more).resources("AWS::EC2::Subnet");
      expect(subnets.map(([, { Properties }]) => Properties.AvailabilityZone).sort()).toEqual(
        zones.flatMap((zone) => [zone, zone]),
      );
    }
  });

  it("are two different ones of the stage's region", () => {
    expect(() => zoned(["us-east-1a"])).toThrow(/availabilityZones/);
    expect(() => zoned(["us-east-1a", "us-east-1a"])).toThrow(/two different zones/);
    expect(() => zoned(["use1-az1", "use1-az2"])).toThrow(/not the name of a zone/);
    expect(() => zoned(["us-east-1a", "us-east-1b"], { region: "eu-west-1" })).toThrow(/not all in eu-west-1/);
  });
});

describe("jwt", () => {
  it("asks for a token where an answer costs something", () => {
    expect(authorizers(tokens)).toMatchObject({
      "POST /predict": "JWT",
      "POST /uploads": "JWT",
      "GET /health": "NONE",
      "POST /reload-model": "AWS_IAM",
    });
  });
});

describe("provisionedConcurrency", () => {
  it("keeps instances warm behind an alias, which the gateway calls", () => {
    const serving = tokens.template("serving");
    serving.hasResourceProperties("AWS::Lambda::Alias", {
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 },
    });
    const [alias] = Object.keys(serving.findResources("AWS::Lambda::Alias"));
    serving.hasResourceProperties("AWS::ApiGatewayV2::Integration", { IntegrationUri: { Ref: alias } });
  });
});

describe("domain", () => {
  it("is the API's, or CloudFront's where there is one", () => {
    tokens.template("serving").hasResourceProperties("AWS::ApiGatewayV2::DomainName", { DomainName: domain.name });
    expect(named.resources("AWS::ApiGatewayV2::DomainName")).toEqual([]);
    named.template("serving").hasResourceProperties("AWS::CloudFront::Distribution", {
      DistributionConfig: { Aliases: [domain.name], ViewerCertificate: { MinimumProtocolVersion: "TLSv1.2_2021" } },
    });
    for (const stage of [tokens, named])
      expect(stage.template("serving").toJSON().Outputs).toHaveProperty("ApiDomainTarget");
  });
});

describe("edge", () => {
  it("has the API answer nobody but CloudFront, and the pipeline by its identity", () => {
    const { "POST /reload-model": reload, ...others } = authorizers(named);
    expect(reload).toBe("AWS_IAM");
    expect(new Set(Object.values(others))).toEqual(new Set(["CUSTOM"]));
    named.template("serving").hasResourceProperties("AWS::ApiGatewayV2::Authorizer", {
      AuthorizerType: "REQUEST",
      EnableSimpleResponses: true,
      IdentitySource: ["$request.header.x-origin-secret"],
      AuthorizerResultTtlInSeconds: 3600,
    });
  });

  it("tells CloudFront the secret without writing it into a template", () => {
    const [, distribution] = named.resources("AWS::CloudFront::Distribution")[0] ?? [];
    const [origin] = distribution?.Properties.DistributionConfig.Origins ?? [];
    expect(origin.CustomOriginConfig).toMatchObject({ OriginProtocolPolicy: "https-only" });
    const [{ HeaderName, HeaderValue }] = origin.OriginCustomHeaders;
    expect(HeaderName).toBe("x-origin-secret");
    expect(JSON.stringify(HeaderValue)).toMatch(/\{\{resolve:secretsmanager:.*:SecretString:value::\}\}/);
  });

  it("bounds the requests of one address, and says when to come back", () => {
    const [, firewall] = named.resources("AWS::WAFv2::WebACL")[0] ?? [];
    const [rate] = firewall?.Properties.Rules ?? [];
    expect(rate.Statement.RateBasedStatement).toEqual({ AggregateKeyType: "IP", Limit: 50, EvaluationWindowSec: 300 });
    expect(rate.Action.Block.CustomResponse).toMatchObject({
      ResponseCode: 429,
      ResponseHeaders: [{ Name: "retry-after", Value: "300" }],
    });
    const [, distribution] = named.resources("AWS::CloudFront::Distribution")[0] ?? [];
    expect(distribution?.Properties.DistributionConfig.WebACLId).toEqual({ "Fn::GetAtt": [expect.any(String), "Arn"] });
  });

  it("takes no photograph for an attack: what looks into bodies only counts", () => {
    const [, firewall] = named.resources("AWS::WAFv2::WebACL")[0] ?? [];
    const overrides = firewall?.Properties.Rules[1].Statement.ManagedRuleGroupStatement.RuleActionOverrides;
    expect(overrides.map(({ Name }: { Name: string }) => Name)).toContain("SizeRestrictions_BODY");
    for (const { Name, ActionToUse } of overrides) {
      expect(Name).toMatch(/_BODY$/);
      expect(ActionToUse).toEqual({ Count: {} });
    }
  });

  it("lets requests through as they come, and keeps no answer", () => {
    const [, distribution] = unnamed.resources("AWS::CloudFront::Distribution")[0] ?? [];
    expect(distribution?.Properties.DistributionConfig.DefaultCacheBehavior).toMatchObject({
      ViewerProtocolPolicy: "https-only",
      AllowedMethods: expect.arrayContaining(["POST", "OPTIONS"]),
      // The managed policies CachingDisabled and AllViewerExceptHostHeader.
      CachePolicyId: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
      OriginRequestPolicyId: "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    });
  });

  it("has the watch over the champion look where everybody does, and the pipeline reload behind it", () => {
    const variables = (name: string, stage = unnamed) =>
      JSON.stringify(
        stage
          .resources("AWS::Lambda::Function")
          .find(([, { Properties }]) => Properties.FunctionName === `avocado-edge-${name}`)?.[1].Properties.Environment
          .Variables.API_URL,
      );
    expect(variables("check-champion")).toContain("Distribution");
    expect(variables("deploy-model")).not.toContain("Distribution");
    // The DNS record of a domain is made later, by hand: until then the watch would find nobody there.
    expect(variables("check-champion", named)).toContain("Distribution");
  });

  it("lets the origin verification read its own secret and nothing else", () => {
    const policies = unnamed.resources("AWS::IAM::Policy").filter(([id]) => id.startsWith("OriginVerification"));
    const statements = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
    const reads = statements.filter(({ Action }) => Action === "secretsmanager:GetSecretValue");
    expect(reads).toEqual([
      expect.objectContaining({ Resource: { Ref: expect.stringMatching(/^OriginVerificationSecret/) } }),
    ]);
    expect(statements.filter((statement) => !reads.includes(statement)).map(({ Action }) => Action)).toEqual([
      ["logs:CreateLogStream", "logs:PutLogEvents"],
    ]);
  });
});
