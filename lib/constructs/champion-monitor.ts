import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { FilterPattern, type ILogGroup, LogGroup } from "aws-cdk-lib/aws-logs";
import { LambdaDestination } from "aws-cdk-lib/aws-logs-destinations";
import { Construct } from "constructs";
import { metricNames, metricNamespace } from "../../core/contracts/metrics.ts";
import type { CloudConfig } from "../config.ts";
import { accessLogName } from "./access-log.ts";
import type { Alarms } from "./alarms.ts";
import { NodeFunction } from "./node-function.ts";
import type { Registry } from "./registry.ts";

export interface ChampionMonitorProps {
  config: CloudConfig;
  alarms: Alarms;
  registry: Registry;
  /** Address of the API that serves the champion. */
  apiUrl: string;
}

/**
 * Compares the alias `champion` with what the API serves whenever an alias was written. All writes pass MLflow's
 * API, whose access log says so; looking by the clock instead would keep MLflow's task and its database running.
 */
export class ChampionMonitor extends Construct {
  constructor(scope: Construct, id: string, { config, alarms, registry, apiUrl }: ChampionMonitorProps) {
    super(scope, id);
    const check = new NodeFunction(this, "Check", {
      config,
      handler: "check-champion",
      description: "Compares the champion with what the API serves",
      // Its timeout, and a database that is starting.
      timeout: Duration.minutes(15),
      memoryMegabytes: 256,
      environment: {
        API_URL: apiUrl,
        TIMEOUT_SECONDS: String(Duration.minutes(10).toSeconds()),
        MODEL_NAME: config.modelName,
        MLFLOW_TRACKING_URI: registry.trackingUri,
        MLFLOW_AUTH: registry.auth,
        POWERTOOLS_METRICS_NAMESPACE: metricNamespace(config.stage),
      },
    });
    registry.grantRead(check, ["registered-models/alias"]);
    const log = LogGroup.fromLogGroupName(this, "Log", accessLogName(config, "mlflow"));
    (log as ILogGroup).addSubscriptionFilter("AliasWritten", {
      destination: new LambdaDestination(check.function),
      filterPattern: FilterPattern.all(
        FilterPattern.stringValue("$.method", "=", "POST"),
        FilterPattern.stringValue("$.path", "=", "*/registered-models/alias"),
      ),
    });
    alarms.add({
      name: "champion-stale",
      meaning: "The API does not serve the version that the alias champion names in MLflow.",
      namespace: metricNamespace(config.stage),
      metric: metricNames.staleChampion,
      dimensions: { service: "check-champion" },
      statistic: "Maximum",
      threshold: 1,
      // Until the next look nothing has changed.
      missing: TreatMissingData.IGNORE,
    });
  }
}
