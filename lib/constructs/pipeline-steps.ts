import { Duration } from "aws-cdk-lib";
import { Construct } from "constructs";
import { acknowledgeWildcard } from "./acknowledge.ts";
import { dataSteps } from "./data-steps.ts";
import { kaggleSteps } from "./kaggle-steps.ts";
import { modelSteps } from "./model-steps.ts";
import { allowSecret, NodeFunction } from "./node-function.ts";
import { retrainingArn } from "./retraining.ts";
import type { PipelineStepsProps, Step } from "./step.ts";

/** The Lambda of each task of the state machine, with exactly the rights that its step needs. */
export class PipelineSteps extends Construct {
  readonly functions: Record<string, NodeFunction> = {};

  constructor(scope: Construct, id: string, props: PipelineStepsProps) {
    super(scope, id);
    const steps = { ...dataSteps(props), ...modelSteps(props), ...kaggleSteps(props) };
    for (const [handler, step] of Object.entries(steps)) this.add(handler, step, props);
  }

  private add(handler: string, step: Step, props: PipelineStepsProps): void {
    const { config, registry } = props;
    const name = handler.replace(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase());
    const lambda = new NodeFunction(this, name, {
      config,
      handler,
      description: step.description,
      timeout: Duration.minutes(step.minutes),
      memoryMegabytes: step.memory,
      environment: step.environment ?? {},
    });
    this.functions[name] = lambda;
    for (const bucket of ["raw", "data", "artifacts"] as const) {
      const { read, write } = step[bucket] ?? {};
      if (read) props[bucket].grantRead(lambda, ...read);
      if (write) props[bucket].grantWrite(lambda, ...write);
    }
    if (step.secret) allowSecret(lambda, step.secret);
    if (step.callsRegistry) registry.grantUse(lambda);
    if (step.describesExecutions) {
      const executions = retrainingArn(this, config, "execution", ":*");
      lambda.allow(["states:DescribeExecution"], [executions]);
      acknowledgeWildcard(lambda, executions, "It asks whether an earlier execution goes on, whichever that was");
    }
    step.allow?.(lambda);
  }
}
