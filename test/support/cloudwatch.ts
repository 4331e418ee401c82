import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { localClient } from "./ministack.ts";
import { synthesise } from "./stages.ts";

/** A line of CloudWatch's embedded metric format. */
export interface EmfLine {
  _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [field: string]: unknown;
}

/** The lines among a Lambda's output that CloudWatch takes metrics from. */
export function emfLines(output: readonly string[]): EmfLine[] {
  return output.flatMap((line) => {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value && "_aws" in value ? [value as EmfLine] : [];
  });
}

/** CloudWatch of a MiniStack, with an alarm of a stage's template in it. */
export class EmulatedCloudWatch {
  private readonly client: CloudWatchClient;

  constructor(url: string) {
    this.client = new CloudWatchClient(localClient(url));
  }

  /** Puts an alarm as the template has it, notifying the topic. Gives its properties. */
  async addAlarm(stage: string, name: string, topic: string): Promise<PutMetricAlarmCommandInput> {
    const [, found] =
      synthesise(stage)
        .resources("AWS::CloudWatch::Alarm")
        .find(([, { Properties }]) => Properties.AlarmName === `avocado-${stage}-${name}`) ?? [];
    const alarm = { ...found?.Properties, AlarmActions: [topic], OKActions: [topic] };
    await this.client.send(new PutMetricAlarmCommand(alarm));
    return alarm;
  }

  /** Does with a line what CloudWatch does with it: a value of each metric for each set of dimensions. */
  async take(line: EmfLine): Promise<void> {
    for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
      for (const names of Dimensions) {
        const dimensions = names.map((Name) => ({ Name, Value: String(line[Name]) }));
        const MetricData = Metrics.map(({ Name }) => ({
          MetricName: Name,
          Dimensions: dimensions,
          Values: [line[Name]].flat() as number[],
        }));
        await this.client.send(new PutMetricDataCommand({ Namespace, MetricData }));
      }
    }
  }

  async stateOf(name: string): Promise<string | undefined> {
    const { MetricAlarms = [] } = await this.client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
    return MetricAlarms[0]?.StateValue;
  }
}
