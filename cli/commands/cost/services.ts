import {
  bucketSizes,
  databaseSize,
  hoursAMonth,
  prediction,
  retraining,
  retrainingLogs,
  retrainingRequests,
  rotationsAMonth,
} from "./assumptions.ts";
import { idle, type Pricer, perPrediction, perRetraining } from "./charge.ts";
import { hoursInUse } from "./tasks.ts";

/** Capacity units of a database that runs and has little to do. */
const leastCapacity = 0.5;

/** The database: paused but for retrainings and the weekly change of its master password. */
export const priceCluster: Pricer = ({ properties }, load) => {
  const { MinCapacity: least = leastCapacity, SecondsUntilAutoPause: seconds = 0 } =
    properties.ServerlessV2ScalingConfiguration ?? {};
  const pause = seconds / 3600;
  const item = "database";
  const running = least > 0 ? [idle(item, "auroraCapacity", least * hoursAMonth)] : [];
  const charges = [
    idle(item, "auroraStorage", databaseSize.data),
    idle(item, "auroraBackup", properties.BackupRetentionPeriod > 1 ? databaseSize.changes : 0),
    ...running,
  ];
  if (properties.ManageMasterUserPassword) {
    charges.push(
      idle("secrets", "secret", 1),
      idle(
        "database, while its password changes",
        "auroraCapacity",
        rotationsAMonth * leastCapacity * (pause + 1 / 60),
      ),
    );
  }
  if (least > 0) return charges;
  return [...charges, perRetraining(load, item, "auroraCapacity", leastCapacity * (hoursInUse(load) + pause))];
};

/** A bucket in use with the published data. */
export const priceBucket: Pricer = ({ properties }, load) => {
  const name = JSON.stringify(properties.BucketName);
  const [, size] = Object.entries(bucketSizes).find(([purpose]) => name.includes(`-${purpose}-`)) ?? [];
  if (size === undefined)
    throw new Error(`Bucket ${name} is new: say in cli/commands/cost/assumptions.ts how large it is`);
  const requests = name.includes("-data-") ? retrainingRequests : { s3Writes: 0, s3Reads: 0 };
  return [
    idle("S3", "s3Storage", size),
    perRetraining(load, "S3", "s3Write", requests.s3Writes),
    perRetraining(load, "S3", "s3Read", requests.s3Reads),
  ];
};

/** The API of predictions, and MLflow's, which retrainings call. */
export const priceApi: Pricer = ({ properties }, load) => {
  if (properties.Name.endsWith("-mlflow")) {
    return [perRetraining(load, "API of MLflow", "httpApi", retrainingRequests.mlflow)];
  }
  return [
    perPrediction(load, "API", "httpApi", 1),
    perPrediction(load, "transfer to the internet", "transferOut", prediction.answer),
  ];
};

/** The state machine's transitions and its log. */
export const priceStateMachine: Pricer = (_, load) => [
  perRetraining(load, "Step Functions", "transition", retraining[load.strategy].transitions),
  perRetraining(load, "logs", "logs", retrainingLogs),
];

/** CloudFront instead of the gateway sends answers to the internet. */
export const priceDistribution: Pricer = (_, load) => [
  perPrediction(load, "CloudFront", "cloudFrontRequest", 1),
  perPrediction(load, "CloudFront", "cloudFrontTransfer", prediction.answer),
  perPrediction(load, "transfer to the internet", "transferOut", -prediction.answer),
];

/** The firewall, its rules, and every request that it looks at. */
export const priceFirewall: Pricer = ({ properties }, load) => [
  idle("firewall", "firewall", 1),
  idle("firewall", "firewallRule", properties.Rules.length),
  perPrediction(load, "firewall", "firewallRequest", 1),
];
