import { describe, expect, it } from "vitest";
import { typeSpec } from "../support/deployed/spec.ts";
import { cases, notCompared, type SettingCase } from "../support/settings/cases.ts";
import {
  type Change,
  changeSetting,
  changesBetween,
  findRejections,
  type SettingChange,
} from "../support/settings/changes.ts";
import { describeSettings } from "../support/settings/page.ts";
import { listSettings } from "../support/settings/paths.ts";

/** Types that hold data or in which it is stored, in addition to those that AWS's schemas call stateful. */
const foundations = ["AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::RDS::DBSubnetGroup"];
const holdsData = (type: string) => foundations.includes(type) || typeSpec(type)?.isStateful === true;

/** What may be lost by a change of a setting, and why that is meant. */
const accepted: [setting: RegExp, resource: RegExp, reason: string][] = [
  [/^keepData$/, /^AccessLogsBucket/, "its policy, RetainExceptOnCreate, leaves the bucket in the account"],
  [/./, /^ScaleToZero\w+Log/, "the log of a Lambda that is no longer needed"],
  [/./, /^RetrainingMonitor\w+Log/, "the log of a Lambda that is no longer needed"],
  [/^newData$/, /^TriggersStartOnNewDataLog/, "the log of a Lambda that is no longer needed"],
  [/^newData$/, /^Triggers(NewData|DeadLetters)/, "messages about new objects, which lie in the raw bucket still"],
  [/^edge$/, /^OriginVerificationAuthoriseLog/, "the log of a Lambda that is no longer needed"],
  [/^edge$/, /^OriginVerificationSecret/, "made at random for the distribution that goes too"],
];

/** Resources with data that an update replaces or removes although nobody meant it. */
const findLosses = (setting: string, changes: readonly Change[]) =>
  changes
    .filter(({ type, effect }) => (effect === "replaced" || effect === "removed") && holdsData(type))
    .filter(({ logicalId }) => !accepted.some(([where, what]) => where.test(setting) && what.test(logicalId)))
    .map(({ stack, logicalId, effect }) => `${stack}/${logicalId} is ${effect}`);

const made = new Map<string, SettingChange>();

/** What a change of a setting does, worked out once. */
function changesAround(setting: string): SettingChange {
  const found = made.get(setting) ?? changeSetting(setting, cases[setting] as SettingCase);
  made.set(setting, found);
  return found;
}

it("every setting of a stage has a case", () => {
  const known = [...Object.keys(cases), ...Object.keys(notCompared)];
  expect(known.sort()).toEqual(
    listSettings()
      .map(({ path }) => path)
      .sort(),
  );
});

describe.each(Object.keys(cases))("a change of %s", (setting) => {
  it("changes something, and replaces and removes nothing that holds data, there and back", () => {
    const { there, back } = changesAround(setting);
    expect(there).not.toEqual([]);
    expect([...findLosses(setting, there), ...findLosses(setting, back)]).toEqual([]);
  });

  it("is an update that CloudFormation takes, there and back", () => {
    const { before, after, there, back } = changesAround(setting);
    expect([...findRejections(before, after, there), ...findRejections(after, before, back)]).toEqual([]);
  });
});

it("has a reason for every loss that still happens", () => {
  const losses = Object.keys(cases).flatMap((setting) => {
    const { there, back } = changesAround(setting);
    return [...there, ...back].map(({ logicalId }) => [setting, logicalId] as const);
  });
  const idle = accepted.filter(
    ([where, what]) => !losses.some(([setting, id]) => where.test(setting) && what.test(id)),
  );
  expect(idle).toEqual([]);
});

it("the documentation says what each setting changes", async () => {
  const changes = Object.keys(cases).map((setting) => [setting, changesAround(setting).there] as const);
  await expect(describeSettings(new Map(changes))).toMatchFileSnapshot("../../docs/settings.md");
});

describe("planted faults", () => {
  /** What is found when a property of some resource of stack `data` or `serving` becomes another. */
  const plant = (stack: string, type: string, property: string, value: unknown) => {
    const { before } = changesAround("keepData");
    const after = structuredClone(before);
    const found = Object.values(after.get(stack)?.Resources ?? {}).find(({ Type }) => Type === type);
    if (found) found.Properties = { ...found.Properties, [property]: value };
    const changes = changesBetween(before, after);
    return [...findLosses("planted", changes), ...findRejections(before, after, changes)];
  };

  it.each([
    ["a bucket under another name", "data", "AWS::S3::Bucket", "BucketName", "other", "is replaced"],
    ["a network with other addresses", "data", "AWS::EC2::VPC", "CidrBlock", "10.0.0.0/16", "Subnet"],
    ["a replacement that keeps its name", "serving", "AWS::Lambda::Function", "PackageType", "Zip", "keeps its name"],
    [
      "a replacement that another stack imports",
      "serving",
      "AWS::ApiGatewayV2::Api",
      "ProtocolType",
      "WEBSOCKET",
      "which is replaced",
    ],
  ])("%s is found", (_, stack, type, property, value, problem) => {
    expect(plant(stack, type, property, value)).toContainEqual(expect.stringContaining(problem));
  });

  it("an export that goes while it is imported is found", () => {
    const { before } = changesAround("keepData");
    const after = structuredClone(before);
    const serving = after.get("serving");
    if (serving) serving.Outputs = {};
    expect(findRejections(before, after, [])).toContainEqual(expect.stringMatching(/^serving exports .* no more/));
  });
});
