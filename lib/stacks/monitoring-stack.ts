import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { isLocal, type StageConfig } from "../config.ts";
import { Alarms } from "../constructs/alarms.ts";
import { ChampionMonitor } from "../constructs/champion-monitor.ts";
import { addDashboard } from "../constructs/dashboard.ts";
import { addPipelineAlarms } from "../constructs/pipeline-alarms.ts";
import { addPlatformAlarms } from "../constructs/platform-alarms.ts";
import type { Registry } from "../constructs/registry.ts";
import { retrainingArn } from "../constructs/retraining.ts";
import { RetrainingMonitor } from "../constructs/retraining-monitor.ts";
import { addServingAlarms } from "../constructs/serving-alarms.ts";
import type { DataStack } from "./data-stack.ts";

export interface MonitoringStackProps extends StackProps {
  config: StageConfig;
  data: DataStack;
  registry: Registry;
  apiId: string;
  /** Where everybody's requests to the API are answered, whatever DNS says. */
  publicUrl: string;
}

/** Alarms, whom they tell, and a dashboard. */
export class MonitoringStack extends Stack {
  constructor(scope: Construct, id: string, props: MonitoringStackProps) {
    super(scope, id, props);
    const { config, data, registry, apiId, publicUrl } = props;
    const stateMachineArn = retrainingArn(this, config);
    const alarms = new Alarms(this, "Alarms", config);
    addServingAlarms(alarms, config, apiId);
    addPipelineAlarms(alarms, config, stateMachineArn);
    if (!isLocal(config) && data.cloud && registry.service) {
      const databaseCluster = data.cloud.database.cluster.clusterIdentifier;
      addPlatformAlarms(alarms, config, { databaseCluster, service: registry.service });
      new ChampionMonitor(this, "ChampionMonitor", { config, alarms, registry, apiUrl: publicUrl });
      const days = config.schedule?.succeedWithinDays;
      if (days) new RetrainingMonitor(this, "RetrainingMonitor", { config, alarms, days });
    }
    addDashboard(this, { config, alarms: alarms.all, apiId, stateMachineArn });

    new CfnOutput(this, "AlarmTopicArn", { value: alarms.topic.topicArn });
  }
}
