import { Duration } from "aws-cdk-lib";
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  type IAlarm,
  MathExpression,
  Metric,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { metricNames, metricNamespace } from "../../core/contracts/metrics.ts";
import type { StageConfig } from "../config.ts";

export interface DashboardProps {
  config: StageConfig;
  alarms: IAlarm[];
  apiId: string;
  stateMachineArn: string;
}

/** One page with what a stage does: alarms, requests, latency, answers by model version, rejections and retrainings. */
export function addDashboard(scope: Construct, { config, alarms, apiId, stateMachineArn }: DashboardProps): void {
  const { stage } = config;
  const own = metricNamespace(stage);
  const dashboard = new Dashboard(scope, "Dashboard", {
    dashboardName: `avocado-${stage}`,
    defaultInterval: Duration.days(1),
  });
  const graph = (title: string, left: NonNullable<GraphWidgetProps["left"]>, more: GraphWidgetProps = {}) =>
    new GraphWidget({ title, left, width: 8, ...more });
  const api = (metricName: string, statistic: string, label: string) =>
    new Metric({ namespace: "AWS/ApiGateway", metricName, dimensionsMap: { ApiId: apiId }, statistic, label });
  const retrainings = (metricName: string, label: string) =>
    new Metric({
      namespace: "AWS/States",
      metricName,
      dimensionsMap: { StateMachineArn: stateMachineArn },
      statistic: "Sum",
      label,
    });
  const promotions = new Metric({
    namespace: "AWS/Lambda",
    metricName: "Invocations",
    dimensionsMap: { FunctionName: `avocado-${stage}-deploy-model` },
    statistic: "Sum",
    label: "promoted",
  });
  const phases = Object.entries(metricNames.latency).map(
    ([label, metricName]) =>
      new Metric({ namespace: own, metricName, dimensionsMap: { service: "predict" }, statistic: "p95", label }),
  );
  /** A line for each value of the dimension, whichever there will be. */
  const each = (dimension: string, metric: string, statistic: string) =>
    new MathExpression({
      expression: `SEARCH('{"${own}",service,${dimension}} MetricName="${metric}"', '${statistic}')`,
      usingMetrics: {},
      label: `\${PROP('Dim.${dimension}')} ${statistic}`,
    });
  const stacked = { stacked: true };
  dashboard.addWidgets(new AlarmStatusWidget({ title: "Alarms", alarms, width: 24, height: 3 }));
  dashboard.addWidgets(
    graph("Requests", [api("Count", "Sum", "all"), api("4xx", "Sum", "4xx"), api("5xx", "Sum", "5xx")]),
    graph(
      "Latency of the API, ms",
      ["p50", "p95", "p99"].map((statistic) => api("Latency", statistic, statistic)),
    ),
    graph("Latency by phase, p95, ms", phases),
  );
  dashboard.addWidgets(
    graph("Photographs answered, by model version", [each("modelVersion", metricNames.predictions, "Sum")], stacked),
    graph(
      "Predicted days",
      ["p10", "p50", "p90"].map((part) => each("modelVersion", metricNames.estimatedDays, part)),
    ),
    graph("Rejected, by reason", [each("reason", metricNames.rejected, "Sum")], stacked),
  );
  dashboard.addWidgets(
    graph("Retrainings", [
      retrainings("ExecutionsSucceeded", "succeeded"),
      promotions,
      retrainings("ExecutionsFailed", "failed"),
      retrainings("ExecutionsTimedOut", "timed out"),
      retrainings("ExecutionsAborted", "stopped"),
    ]),
  );
}
