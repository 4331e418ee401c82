import { expect, it } from "vitest";
import { parseConfig, readConfig } from "../../lib/config.ts";
import { definition } from "../support/definition.ts";
import { type SynthesisedStage, synthesise, synthesiseConfig } from "../support/stages.ts";

/** Lambdas at once that AWS lets a new account have: all functions together, the predict Lambda among them. */
const newAccount = 10;

/** Everything that starts something by itself, in one stage. */
const { stage: _, ...prod } = readConfig("prod", {});
const everything = synthesiseConfig(
  parseConfig({ ...prod, stage: "every", registry: { scaleToZeroAfterMinutes: 30 } }, "test"),
);

/** Shards at once; the other steps of a retraining come one after the other. */
const shards = definition.States["Preprocess shards"]?.MaxConcurrency ?? Number.POSITIVE_INFINITY;

/** A retraining that finds the lock taken, while another one goes on. */
const secondRetraining = 1;

/** Invocations that queues start: where the template has no limit, AWS has one of 1,000. */
const byQueue = ({ resources }: SynthesisedStage) =>
  resources("AWS::Lambda::EventSourceMapping").map(
    ([, { Properties }]) => Properties.ScalingConfig?.MaximumConcurrency ?? 1000,
  );

/** Functions that the clock, events and log lines start: their events come one at a time, minutes apart. */
const byEvent = ({ resources }: SynthesisedStage) => [
  ...resources("AWS::Events::Rule").flatMap(([, { Properties }]) =>
    Properties.Targets.filter(({ Arn }: { Arn: object }) => JSON.stringify(Arn).includes("Function")),
  ),
  ...resources("AWS::Logs::SubscriptionFilter"),
];

it.each([
  ["prod", synthesise("prod")],
  ["dev", synthesise("dev")],
  ["one with every trigger", everything],
])("all that a stage (%s) runs at the same time as its API leaves a new account's API an instance", (_, stage) => {
  const queued = byQueue(stage).reduce((sum, count) => sum + count, 0);
  expect(shards + secondRetraining + queued + byEvent(stage).length).toBeLessThan(newAccount);
});

it("counts every trigger that there is", () => {
  expect(byQueue(everything)).toHaveLength(1);
  // A trainer that stopped, the stop of an idle MLflow, the overdue retraining, and the alias of the champion.
  expect(byEvent(everything)).toHaveLength(4);
});
