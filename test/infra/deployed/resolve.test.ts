import { describe, expect, it } from "vitest";
import { account } from "../../support/deployed/account.ts";
import { deployStage } from "../../support/deployed/stage.ts";
import type { CloudFormationTemplate } from "../../support/deployed/template.ts";

const stack = (id: string, template: CloudFormationTemplate) => ({ id, name: `avocado-test-${id}`, template });
const Topic = { Type: "AWS::SNS::Topic", Properties: { TopicName: "told" } };
/** Properties of the resource `Subject` in a stack with more of everything. */
const resolveProperties = (Properties: object, more: Partial<CloudFormationTemplate> = {}) => {
  const Resources = {
    Topic,
    ...more.Resources,
    Subject: { Type: "AWS::SSM::Parameter", Properties: { ...Properties } },
  };
  const { resources } = deployStage([stack("one", { ...more, Resources })]);
  return resources("AWS::SSM::Parameter")[0]?.properties;
};

describe("intrinsic functions become what CloudFormation makes of them", () => {
  it.each([
    [{ Ref: "AWS::Region" }, "us-east-1"],
    [{ Ref: "Topic" }, "arn:aws:sns:us-east-1:123456789012:told"],
    [{ "Fn::Join": ["-", ["a", { Ref: "AWS::AccountId" }]] }, "a-123456789012"],
    [
      { "Fn::Sub": "$" + "{AWS::Partition}/$" + "{!Literal}/$" + "{Topic}" },
      "aws/$" + "{Literal}/arn:aws:sns:us-east-1:123456789012:told",
    ],
    [{ "Fn::Sub": ["$" + "{Name}!", { Name: { Ref: "AWS::Region" } }] }, "us-east-1!"],
    [{ "Fn::Select": [1, { "Fn::Split": ["/", "a/b/c"] }] }, "b"],
    [{ "Fn::Select": [0, { "Fn::GetAZs": "" }] }, "us-east-1a"],
    [{ "Fn::FindInMap": ["Sizes", { Ref: "AWS::Region" }, "large"] }, 8],
    [{ "Fn::If": ["InVirginia", "yes", "no"] }, "yes"],
    [{ Ref: "Version" }, "/cdk-bootstrap/hnb659fds/version"],
    [{ Ref: "AWS::NoValue" }, undefined],
  ])("%j", (value, expected) => {
    const template = {
      Parameters: {
        Version: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/cdk-bootstrap/hnb659fds/version" },
      },
      Mappings: { Sizes: { "us-east-1": { large: 8 } } },
      Conditions: {
        InVirginia: {
          "Fn::And": [
            { "Fn::Equals": [{ Ref: "AWS::Region" }, "us-east-1"] },
            { "Fn::Not": [{ "Fn::Equals": ["a", "b"] }] },
          ],
        },
      },
    };
    expect(resolveProperties({ Value: value }, template as Partial<CloudFormationTemplate>)?.Value).toEqual(expected);
  });

  it("gives an API the endpoint that it has in an account", () => {
    const Api = { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api" } };
    const found = resolveProperties({ Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } }, { Resources: { Api } });
    expect(found?.Value).toMatch(/^https:\/\/[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com$/);
  });

  it("makes up other identifiers in another region", () => {
    const templates = [stack("one", { Resources: { Group: { Type: "AWS::EC2::SecurityGroup" } } })];
    const [here, there] = ["us-east-1", "eu-west-1"].map((region) => deployStage(templates, { ...account, region }));
    expect(here?.resources()[0]?.ref).not.toBe(there?.resources()[0]?.ref);
  });

  it("imports what an earlier stack exports, and nothing else", () => {
    const exporting = stack("one", {
      Resources: { Topic },
      Outputs: { Arn: { Value: { Ref: "Topic" }, Export: { Name: "topic" } } },
    });
    const importing = stack("two", {
      Resources: { Subject: { Type: "AWS::SSM::Parameter", Properties: { Value: { "Fn::ImportValue": "topic" } } } },
    });
    expect(deployStage([exporting, importing]).resources("AWS::SSM::Parameter")[0]?.properties.Value).toMatch(/:told$/);
    expect(() => deployStage([importing, exporting])).toThrow("two: no earlier stack exports topic");
  });
});

describe("nothing is guessed", () => {
  it.each([
    [
      "an attribute that the type does not have",
      { "Fn::GetAtt": ["Topic", "Nmae"] },
      "AWS::SNS::Topic has no attribute Nmae",
    ],
    [
      "an attribute whose form is not known",
      { "Fn::GetAtt": ["Topic", "TopicName"] },
      "no form is known for attribute TopicName",
    ],
    ["a resource that is not there", { Ref: "Nobody" }, "there is no Nobody to refer to"],
    ["a type whose form is not known", { Ref: "Subject" }, "no form is known for references to AWS::SSM::Parameter"],
    [
      "a function that is not known",
      { "Fn::Cidr": ["10.0.0.0/16", 1, 8] },
      "The intrinsic function Fn::Cidr is not known",
    ],
    ["a list where a string belongs", { "Fn::Join": ["", [["a"]]] }, "Fn::Join needs a string"],
  ])("%s is an error", (_, value, message) => {
    expect(() => resolveProperties({ Value: value })).toThrow(message);
  });

  it("a circle is an error", () => {
    const Resources = {
      One: { Type: "AWS::SNS::Topic", Properties: { TopicName: { Ref: "Two" } } },
      Two: { Type: "AWS::SNS::Topic", Properties: { TopicName: { Ref: "One" } } },
    };
    expect(() => deployStage([stack("one", { Resources })])).toThrow("circular reference");
  });
});
