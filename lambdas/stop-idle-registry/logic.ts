import type { ServerTask } from "../../core/mlflow/start-server.ts";

export interface StopClients {
  task: Pick<ServerTask, "setDesired"> & { isUp(): Promise<boolean> };
  /** Requests that the server's API had in the last minutes. */
  countRequests(minutes: number): Promise<number>;
  isRetraining(): Promise<boolean>;
}

/** Ends the server's task when it has not been called for so long and no retraining, which will call it again, goes on. */
export async function stopIdleRegistry(minutes: number, clients: StopClients): Promise<"away" | "in use" | "ended"> {
  // One that is only starting is left alone too: the client that started it waits for it.
  if (!(await clients.task.isUp())) return "away";
  if ((await clients.countRequests(minutes)) > 0 || (await clients.isRetraining())) return "in use";
  await clients.task.setDesired(0);
  return "ended";
}
