import { CfnWebACL } from "aws-cdk-lib/aws-wafv2";
import type { Construct } from "constructs";
import type { CloudConfig } from "../config.ts";

/** Rules that look into bodies: they take a photograph's bytes and a form's URLs for attacks, so they only count. */
const bodyRules = [
  "SizeRestrictions_BODY",
  "EC2MetaDataSSRF_BODY",
  "GenericLFI_BODY",
  "GenericRFI_BODY",
  "CrossSiteScripting_BODY",
];

/** Rules for what CloudFront lets through: so many requests of one address, and none of the common attacks. */
export function createFirewall(
  scope: Construct,
  { requestsPerFiveMinutes }: NonNullable<CloudConfig["edge"]>,
): CfnWebACL {
  const visible = (metricName: string) => ({
    metricName,
    cloudWatchMetricsEnabled: true,
    sampledRequestsEnabled: false,
  });
  const problem = {
    title: "Too Many Requests",
    status: 429,
    detail: "Too many requests from your network address. Come back in five minutes.",
    code: "TooManyRequests",
  };
  return new CfnWebACL(scope, "Firewall", {
    scope: "CLOUDFRONT",
    defaultAction: { allow: {} },
    visibilityConfig: visible("firewall"),
    customResponseBodies: { tooMany: { contentType: "APPLICATION_JSON", content: JSON.stringify(problem) } },
    rules: [
      {
        name: "rate",
        priority: 0,
        statement: {
          rateBasedStatement: { aggregateKeyType: "IP", limit: requestsPerFiveMinutes, evaluationWindowSec: 300 },
        },
        action: {
          block: {
            customResponse: {
              responseCode: 429,
              customResponseBodyKey: "tooMany",
              responseHeaders: [{ name: "retry-after", value: "300" }],
            },
          },
        },
        visibilityConfig: visible("rate"),
      },
      {
        name: "common",
        priority: 1,
        statement: {
          managedRuleGroupStatement: {
            vendorName: "AWS",
            name: "AWSManagedRulesCommonRuleSet",
            ruleActionOverrides: bodyRules.map((name) => ({ name, actionToUse: { count: {} } })),
          },
        },
        overrideAction: { none: {} },
        visibilityConfig: visible("common"),
      },
    ],
  });
}
