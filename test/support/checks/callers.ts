import type { DeployedStage } from "../deployed/stage.ts";
import { globToRegExp } from "./globs.ts";
import { allStrings } from "./strings.ts";

/** Who calls a function by itself, as its permission has to name it: kind of resource and where it names the function. */
const callers: Record<string, { property: string; service: string }> = {
  "AWS::Events::Rule": { property: "Targets", service: "events.amazonaws.com" },
  "AWS::ApiGatewayV2::Integration": { property: "IntegrationUri", service: "apigateway.amazonaws.com" },
  "AWS::ApiGatewayV2::Authorizer": { property: "AuthorizerUri", service: "apigateway.amazonaws.com" },
  "AWS::Logs::SubscriptionFilter": { property: "DestinationArn", service: "logs.amazonaws.com" },
};

/** Lambdas that something calls which no permission lets in. */
export function findUnpermittedCalls(stage: DeployedStage): string[] {
  const permissions = stage.resources("AWS::Lambda::Permission").map(({ properties }) => properties);
  return Object.entries(callers).flatMap(([type, { property, service }]) =>
    stage.resources(type).flatMap(({ logicalId, properties }) =>
      allStrings(properties[property])
        .flatMap(({ value }) => value.match(/arn:aws:lambda:[^/]*/g) ?? [])
        .filter(
          (arn) => !permissions.some(({ FunctionName, Principal }) => Principal === service && same(FunctionName, arn)),
        )
        .map((arn) => `${logicalId} calls ${arn}, which does not let ${service} in`),
    ),
  );
}

/** A permission names its function by ARN or by name. */
const same = (named: string, arn: string) => arn === named || globToRegExp(`*:function:${named}`).test(arn);
