import { describe, expect, it } from "vitest";
import { allows, type Statement } from "../support/iam/policy.ts";

const allow = (more: Partial<Statement>): Statement => ({ Effect: "Allow", Action: "s3:Get*", Resource: "*", ...more });
const get = (context: Record<string, string> = {}) => ({
  action: "s3:GetObject",
  resource: "arn:aws:s3:::b/k/1",
  context,
});

describe("a policy", () => {
  it.each<[string, Statement[], boolean]>([
    ["without a statement allows nothing", [], false],
    ["names actions with wildcards, in any case of letters", [allow({ Action: "S3:getobj?ct" })], true],
    ["names resources in their own case", [allow({ Resource: "arn:aws:s3:::B/*" })], false],
    ["has wildcards that reach over slashes", [allow({ Resource: "arn:aws:s3:::b/*" })], true],
    ["takes a point for a point", [allow({ Resource: "arn.aws.s3...b/*" })], false],
    ["may name what it is not about", [{ Effect: "Allow", NotAction: "s3:Put*", Resource: "*" }], true],
    ["may name the very action that it is not about", [{ Effect: "Allow", NotAction: "s3:*", Resource: "*" }], false],
    ["may name resources that it is not about", [allow({ NotResource: "arn:aws:s3:::b/*" })], false],
    ["that denies wins", [allow({}), { Effect: "Deny", Action: "*", Resource: "*" }], false],
  ])("%s", (_, statements, expected) => {
    const complete = statements.map(({ Resource, ...rest }) => (rest.NotResource ? rest : { ...rest, Resource }));
    expect(allows(complete as Statement[], get())).toBe(expected);
  });

  it.each<[string, Record<string, Record<string, string | string[]>>, Record<string, string>, boolean]>([
    ["one of several values suffices", { StringEquals: { "aws:a": ["1", "2"] } }, { "aws:a": "2" }, true],
    ["every key has to hold", { StringEquals: { "aws:a": "1", "aws:b": "2" } }, { "aws:a": "1" }, false],
    [
      "keys are the same in any case of letters",
      { Bool: { "aws:SecureTransport": "true" } },
      { "aws:securetransport": "true" },
      true,
    ],
    ["a key that is not there does not hold", { StringEquals: { "aws:a": "1" } }, {}, false],
    ["a key that is not there holds where it may be absent", { StringEqualsIfExists: { "aws:a": "1" } }, {}, true],
    ["a key that is not there holds for a negation", { StringNotEquals: { "aws:a": "1" } }, {}, true],
    [
      "a negation holds for none of several values",
      { StringNotEquals: { "aws:a": ["1", "2"] } },
      { "aws:a": "2" },
      false,
    ],
    [
      "ARNs have wildcards",
      { ArnLike: { "aws:a": "arn:aws:ecs:*:*:cluster/x" } },
      { "aws:a": "arn:aws:ecs:r:1:cluster/x" },
      true,
    ],
  ])("has conditions: %s", (_, Condition, context, expected) => {
    expect(allows([allow({ Condition })], get(context))).toBe(expected);
  });

  it("with an operator that is not known is an error, not a guess", () => {
    const statement = allow({ Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } });
    expect(() => allows([statement], get())).toThrow("IpAddress is not known");
  });
});
