import { spawn } from "node:child_process";
import { once } from "node:events";
import { startTrackingServer } from "../../../core/mlflow/start-server.ts";
import { readArguments, runCommand, usageError } from "../../terminal/command.ts";
import type { Progress } from "../../terminal/progress.ts";
import { connectServer } from "./connect.ts";
import { startProxy } from "./proxy.ts";

const usage = `npm run mlflow -- [options]

  --stage <stage>    default: local, the 'npm start' that runs
  --port <port>      where the page is to be on this machine (default: 5500)
  --no-open          do not open the page in the browser

Starts the stage's MLflow, then forwards to it what this machine asks, signed with your AWS credentials. Python finds it
too: MLFLOW_TRACKING_URI=http://127.0.0.1:5500. Ctrl-C ends it.`;

/** `npm run mlflow`: the MLflow server of a stage, page and API, on this machine. */
async function openMlflow(progress: Progress): Promise<void> {
  const string = { type: "string" } as const;
  const options = { stage: string, port: string, "no-open": { type: "boolean" } } as const;
  const { values } = readArguments({ options }, usage);
  const port = Number(values.port ?? 5500);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw usageError(`--port ${values.port} is none.`, usage);
  const server = await connectServer(values.stage ?? "local");
  const start = async () => {
    progress.now("Starting MLflow (from zero, a task and a database take up to two minutes)");
    const { started, seconds } = await startTrackingServer(server);
    progress.now("");
    if (started) progress.line(`MLflow answers after ${seconds} s`);
  };
  await start();
  const proxy = await startProxy({ target: server.trackingUri, fetch: server.fetch, port, start });
  progress.line(`MLflow of stage '${values.stage ?? "local"}': ${proxy.url} (Ctrl-C ends it)`);
  if (!values["no-open"]) openPage(proxy.url);
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

await runCommand(usage, openMlflow);
