import { setTimeout as sleep } from "node:timers/promises";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { SFNClient } from "@aws-sdk/client-sfn";
import { DataApi, type Sql } from "../../../aws/data-api.ts";
import { NamedError, NotFoundError } from "../../../core/errors.ts";
import { startTrackingServer } from "../../../core/mlflow/start-server.ts";
import { connectServer } from "../mlflow/connect.ts";
import { heldResources, idsOf, readStacks, type StageStacks } from "./stacks.ts";
import { listRunning } from "./stop-work.ts";

/** MLflow of a stage, as those see it who change what is below it. */
export interface StageRegistry {
  /** Its cluster's database `postgres`, as the master user. */
  sql: Sql;
  /** Another database of the cluster, as the master user. */
  open(database: string): Sql;
  /** ARN of the secret with the password of its role. */
  roleSecret: string;
  server: StoppableServer;
  stacks: StageStacks;
  /** @throws NamedError `RetrainingRuns` when one does */
  checkIdle(): Promise<void>;
}

/** A server that can be stopped and started. */
export interface StoppableServer {
  isRequested(): Promise<boolean>;
  isRunning(): Promise<boolean>;
  stop(): Promise<void>;
  /** Starts it and waits until it answers. */
  start(): Promise<void>;
}

/**
 * Finds the database and the server of a stage.
 * @throws NotFoundError when they are not deployed; NamedError `RetrainingRuns` when one does, for MLflow will be stopped
 */
export async function connectRegistry(stage: string): Promise<StageRegistry> {
  const { task, ...server } = await connectServer(stage);
  const stacks = await readStacks(new CloudFormationClient(), stage);
  const resources = heldResources(stacks.stacks);
  const cluster = resources.find(({ type }) => type === "AWS::RDS::DBCluster")?.id;
  const role = resources.find(({ logicalId }) => logicalId.startsWith("DatabasemlflowRole"))?.id;
  if (!cluster || !role || !task) throw new NotFoundError(`Stage '${stage}' has no database. Deploy it first.`);
  const checkIdle = async () => {
    for (const machine of idsOf(stacks, "AWS::StepFunctions::StateMachine")) {
      const [running] = await listRunning(new SFNClient(), machine);
      if (running) throw new NamedError("RetrainingRuns", `Wait for the retraining that runs, or stop it: ${running}`);
    }
  };
  await checkIdle();
  const open = await connectCluster(cluster);
  return {
    sql: open("postgres"),
    open,
    roleSecret: role,
    server: {
      isRequested: async () => (await task.readDesired()) > 0,
      isRunning: async () => (await task.readRunning()) > 0,
      stop: () => task.setDesired(0),
      start: async () => void (await startTrackingServer({ ...server, task })),
    },
    stacks,
    checkIdle,
  };
}

/** Opens databases of a cluster by the Data API, as its master user. */
/** Opens databases of a cluster by the Data API, as its master user. */
export async function connectCluster(DBClusterIdentifier: string): Promise<(database: string) => Sql> {
  const { DBClusters: [found] = [] } = await new RDSClient().send(
    new DescribeDBClustersCommand({ DBClusterIdentifier }),
  );
  const { DBClusterArn: clusterArn = "", MasterUserSecret } = found ?? {};
  const secretArn = MasterUserSecret?.SecretArn ?? "";
  const client = new RDSDataClient();
  return (database) => new DataApi(client, { clusterArn, secretArn, database });
}

/**
 * Does something while the server is stopped, then starts it again if it was wanted before; also where the work failed, so that
 * MLflow is not left away. Clients wait for a server that is stopped as they do for one at zero.
 */
export async function whileStopped(server: StoppableServer, work: () => Promise<void>, pause = 3000): Promise<void> {
  const wanted = await server.isRequested();
  await server.stop();
  while (await server.isRunning()) await sleep(pause);
  try {
    await work();
  } finally {
    if (wanted) await server.start();
  }
}
