import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { CloudConfig } from "../config.ts";
import type { Alarms } from "./alarms.ts";

const threePeriods = { datapointsToAlarm: 3, of: 3 };

/** What MLflow runs on. */
export interface Platform {
  /** Name of the database's cluster. */
  databaseCluster: string;
  /** The ECS service that runs MLflow. */
  service: { cluster: string; name: string };
}

/** Alarms of what MLflow runs on: its task is away where it should be there, its database is at its limit. */
export function addPlatformAlarms(alarms: Alarms, config: CloudConfig, { databaseCluster, service }: Platform): void {
  const { maxCapacity } = config.database;
  alarms.add({
    name: "database-at-its-limit",
    meaning: `The database has needed all of its ${maxCapacity} capacity units for a quarter of an hour.`,
    namespace: "AWS/RDS",
    metric: "ServerlessDatabaseCapacity",
    dimensions: { DBClusterIdentifier: databaseCluster },
    statistic: "Minimum",
    threshold: maxCapacity,
    periods: threePeriods,
  });
  if (config.registry.scaleToZeroAfterMinutes) return;
  alarms.add({
    name: "mlflow-away",
    meaning: "No task of MLflow has run for a quarter of an hour. Predictions go on; retrainings will fail.",
    namespace: "AWS/ECS",
    // Each running task reports it, and none reports nothing: without Container Insights there is no count of tasks.
    metric: "CPUUtilization",
    dimensions: { ClusterName: service.cluster, ServiceName: service.name },
    statistic: "SampleCount",
    threshold: 1,
    comparison: "below",
    periods: threePeriods,
    missing: TreatMissingData.BREACHING,
  });
}
