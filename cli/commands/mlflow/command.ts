import { spawn } from "node:child_process";
import { once } from "node:events";
import { startTrackingServer } from "../../../core/mlflow/start-server.ts";
import type { Progress } from "../../terminal/progress.ts";
import { connectServer } from "./connect.ts";
import { startProxy } from "./proxy.ts";

export interface MlflowOptions {
  stage: string;
  /** Port of the loopback interface; 0 takes a free one. */
  port: number;
  /** Open the page in the browser. */
  open: boolean;
}

/** Starts the MLflow server of a stage and forwards to it, page and API, until Ctrl-C. */
export async function openMlflow({ stage, port, open }: MlflowOptions, progress: Progress): Promise<void> {
  const server = await connectServer(stage);
  const start = async () => {
    progress.now("Starting MLflow (up to two minutes if it is scaled to zero)");
    const { started, seconds } = await startTrackingServer(server);
    progress.now("");
    if (started) progress.line(`MLflow answers after ${seconds} s`);
  };
  await start();
  const proxy = await startProxy({ target: server.trackingUri, fetch: server.fetch, port, start });
  progress.line(`MLflow of stage '${stage}': ${proxy.url} (Ctrl-C ends it)`);
  if (open) openPage(proxy.url);
  await once(process, "SIGINT");
  await proxy.stop();
}

/** In the browser, where there is one; the address has been printed in any case. */
function openPage(url: string): void {
  const command = process.platform === "darwin" ? "open" : "xdg-open";
  const opened = spawn(command, [url], { stdio: "ignore", detached: true });
  opened.on("error", () => {});
  opened.unref();
}
