import { DescribeServicesCommand, type ECSClient, type Service, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { NotFoundError } from "../core/errors.ts";
import type { ServerTask } from "../core/mlflow/start-server.ts";

/** The task of an ECS service of one task. */
export class EcsServerTask implements ServerTask {
  private readonly client: ECSClient;
  private readonly name: { cluster: string; service: string };

  constructor(client: ECSClient, cluster: string, service: string) {
    this.client = client;
    this.name = { cluster, service };
  }

  async readDesired(): Promise<number> {
    return (await this.describe()).desiredCount ?? 0;
  }

  /** Is it wanted, and does it run? */
  async isUp(): Promise<boolean> {
    const { desiredCount = 0, runningCount = 0 } = await this.describe();
    return desiredCount > 0 && runningCount > 0;
  }

  /** How many run, those included that are about to end. */
  async readRunning(): Promise<number> {
    return (await this.describe()).runningCount ?? 0;
  }

  async setDesired(desiredCount: number): Promise<void> {
    await this.client.send(new UpdateServiceCommand({ ...this.name, desiredCount }));
  }

  private async describe(): Promise<Service> {
    const { cluster, service } = this.name;
    const { services } = await this.client.send(new DescribeServicesCommand({ cluster, services: [service] }));
    const found = services?.find(({ status }) => status === "ACTIVE");
    if (!found) throw new NotFoundError(`There is no ECS service '${service}' in cluster '${cluster}'.`);
    return found;
  }
}
