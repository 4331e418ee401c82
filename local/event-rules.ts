import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  TestEventPatternCommand,
} from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";

/**
 * Hands an event of a service to the Lambdas of the rules that match it, as EventBridge does. PutEvents does not serve:
 * events of AWS's own sources are AWS's alone to put.
 */
export async function deliverToRules(event: object): Promise<void> {
  const events = new EventBridgeClient();
  const lambda = new LambdaClient();
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  for (const { Name: Rule, EventPattern } of Rules) {
    if (!EventPattern) continue;
    const { Result } = await events.send(new TestEventPatternCommand({ EventPattern, Event: JSON.stringify(event) }));
    if (!Result) continue;
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule }));
    for (const { Arn } of Targets.filter((target) => target.Arn?.includes(":lambda:"))) {
      await lambda.send(
        new InvokeCommand({ FunctionName: Arn, InvocationType: "Event", Payload: JSON.stringify(event) }),
      );
    }
  }
}
