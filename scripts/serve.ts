import { spawn } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import { FolderStore } from "../core/folder-store.ts";
import { readModelFolder } from "../core/model/folder.ts";
import { createApi } from "../lambdas/predict/api.ts";
import { createHttpServer } from "../lambdas/predict/http-server.ts";
import { readArguments, runCommand, wrongUsage } from "./local/command.ts";
import { publishFolder } from "./local/folder-model.ts";
import { bootstrapModel } from "./setup/paths.ts";

const usage = `npm run serve -- [--model <folder>] [--port <n>]

  --model <folder>       a model: model.onnx and avocado-model.json (default: the one that comes with the project)
  --port <n>             default 8080; 0 takes a free one
  --host <address>       default 127.0.0.1
  --workers <n>          processes that share the port, default 1
  --cors-origin <url>    a web page that may call, repeated; * for all
  --watch                starts again when the code changes

RELOAD_TOKEN in the environment adds POST /reload-model, which reads the folder again.`;

interface Settings {
  /** Folder of the champion. Without it the bootstrap model answers. */
  model: string | undefined;
  port: number;
  host: string;
  workers: number;
  corsOrigins: string[];
}

/** How long a stop waits for the requests that are running. */
const graceMilliseconds = 10_000;

function readSettings(): Settings & { watch: boolean } {
  const string = { type: "string" } as const;
  const options = {
    model: string,
    port: { ...string, default: "8080" },
    host: { ...string, default: "127.0.0.1" },
    workers: { ...string, default: "1" },
    "cors-origin": { ...string, multiple: true, default: [] as string[] },
    watch: { type: "boolean", default: false },
  } as const;
  const { values } = readArguments({ options }, usage);
  const { model, host, watch } = values;
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw wrongUsage(`--port ${values.port} is no port.`, usage);
  const workers = Number(values.workers);
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    throw wrongUsage(`--workers ${values.workers} is not a number from 1 to 64.`, usage);
  }
  return { model, port, host, workers, corsOrigins: values["cors-origin"], watch };
}

async function serve(): Promise<void> {
  const { watch, ...settings } = readSettings();
  if (watch) return watchCode();
  if (settings.workers > 1 && cluster.isPrimary) return serveWithWorkers(settings);
  const shared = process.env.AVOCADO_SERVED;
  const folder = shared ?? mkdtempSync(join(tmpdir(), "avocado-serve-"));
  const store = new FolderStore(folder);
  if (!shared && settings.model) await publishFolder(settings.model, store);
  const server = await listen(settings, store);
  if (!cluster.isWorker) {
    const { port } = server.address() as AddressInfo;
    console.error(
      `Serving ${settings.model ?? bootstrapModel} at http://${settings.host}:${port} (documentation: /docs)`,
    );
  }
  await stopped();
  await close(server);
  if (!shared) rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

async function listen({ model, port, host, workers, corsOrigins }: Settings, store: FolderStore): Promise<Server> {
  const threads = Math.max(1, Math.floor(availableParallelism() / workers));
  const logger = new Logger({ serviceName: "serve" });
  const bootstrap = model ? undefined : await readModelFolder(bootstrapModel);
  const api = createApi(
    () => ({
      store,
      ...(model && { republish: () => publishFolder(model, store) }),
      // A look at a folder costs nothing, so that all workers have what one of them took up within a second.
      model: { threads, checkAfter: 1_000, ...(bootstrap && { bootstrap }) },
    }),
    logger,
  );
  await api.warmUp();
  const handler = createHttpServer(api.handler, { reloadToken: process.env.RELOAD_TOKEN, corsOrigins });
  await once(handler.listen(port, host), "listening");
  return handler;
}

/** One process for each worker; all serve what this one has published. */
async function serveWithWorkers(settings: Settings): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "avocado-serve-"));
  if (settings.model) await publishFolder(settings.model, new FolderStore(folder));
  let stopping = false;
  cluster.on("exit", (worker, code) => {
    if (stopping) return;
    console.error(`Worker ${worker.process.pid} ended with ${code}; another one starts.`);
    cluster.fork({ AVOCADO_SERVED: folder });
  });
  const workers = Array.from({ length: settings.workers }, () => cluster.fork({ AVOCADO_SERVED: folder }));
  const [first] = await Promise.all(workers.map((worker) => once(worker, "listening") as Promise<[AddressInfo]>));
  const port = first?.[0].port ?? settings.port;
  console.error(
    `Serving ${settings.model ?? bootstrapModel} at http://${settings.host}:${port} with ${settings.workers} workers`,
  );
  await stopped();
  stopping = true;
  const running = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  await Promise.all(
    running.map((worker) => {
      const ended = once(worker, "exit");
      worker.kill("SIGTERM");
      return ended;
    }),
  );
  rmSync(folder, { recursive: true, force: true });
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

/** Takes no new request, lets those that are running finish. */
async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), graceMilliseconds);
  await closed;
  clearTimeout(late);
}

/** Node watches what was imported and starts this command again. */
async function watchCode(): Promise<void> {
  const rest = process.argv.slice(2).filter((argument) => argument !== "--watch");
  const flags = ["--watch", "--watch-preserve-output", "--watch-kill-signal=SIGTERM"];
  const child = spawn(process.execPath, [...flags, import.meta.filename, ...rest], { stdio: "inherit" });
  void stopped().then(() => child.kill("SIGTERM"));
  await once(child, "exit");
}

await runCommand(usage, serve);
