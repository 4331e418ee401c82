import { spawn } from "node:child_process";
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import { createApi } from "../../../api/api.ts";
import { errorMessage, InvalidInputError } from "../../../core/errors.ts";
import { FolderStore } from "../../../core/folder-store.ts";
import { readModelFolder } from "../../../core/model/folder.ts";
import { bootstrapModel } from "../../../scripts/setup/paths.ts";
import { publishFolder } from "./folder-model.ts";
import { createHttpServer, type Fetch } from "./http-server.ts";

interface Settings {
  /** Folder of the champion. Without it the bootstrap model answers. */
  model?: string | undefined;
  port: number;
  host: string;
  workers: number;
  /** Web pages that may call. */
  corsOrigin: string[];
}

/** How long a stop waits for the requests that are running. */
const graceMilliseconds = 10_000;

/** Serves the API until SIGTERM or SIGINT. @throws InvalidInputError when it cannot listen */
export async function serve({ watch, ...settings }: Settings & { watch?: true | undefined }): Promise<void> {
  if (watch) return watchCode();
  const shared = process.env.AVOCADO_SERVED;
  if (shared) return serveUntilStopped(settings, new FolderStore(shared)).finally(() => cluster.worker?.disconnect());
  const folder = mkdtempSync(join(tmpdir(), "avocado-serve-"));
  try {
    await (settings.workers > 1 ? serveWithWorkers : serveAlone)(settings, new FolderStore(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function serveAlone(settings: Settings, store: FolderStore): Promise<void> {
  // It is verified when it is loaded to serve.
  if (settings.model) await publishFolder(settings.model, store, false);
  await serveUntilStopped(settings, store);
}

async function serveUntilStopped(settings: Settings, store: FolderStore): Promise<void> {
  const server = await listen(settings, store);
  if (cluster.isPrimary) announce(settings, server.address() as AddressInfo, "documentation: /docs");
  await stopped();
  await close(server);
  // What is still open, such as a connection to where a photograph was fetched from, is not waited for.
  setImmediate(() => process.exit());
}

function announce({ model, host }: Settings, { port }: AddressInfo, more: string): void {
  console.error(`Serving ${model ?? bootstrapModel} at http://${host}:${port} (${more})`);
}

async function listen({ model, port, host, workers, corsOrigin }: Settings, store: FolderStore): Promise<Server> {
  const threads = Math.max(1, Math.floor(availableParallelism() / workers));
  const logger = new Logger({ serviceName: "serve" });
  const bootstrap = model ? undefined : await readModelFolder(bootstrapModel);
  const api = createApi(
    () => ({
      store,
      ...(model && { republish: () => publishFolder(model, store) }),
      // A look at a folder costs nothing, so that all workers have what one of them loaded within a second.
      model: { threads, checkAfter: 1_000, ...(bootstrap && { bootstrap }) },
    }),
    logger,
  );
  await api.warmUp().catch((error: Error) => {
    throw error.cause ?? error;
  });
  const fetch: Fetch = (request, context) => {
    logger.addContext({ awsRequestId: context.id, functionName: "serve" } as Parameters<Logger["addContext"]>[0]);
    return api.fetch(request, context);
  };
  const server = createHttpServer(fetch, { reloadToken: process.env.RELOAD_TOKEN, corsOrigins: corsOrigin });
  try {
    await once(server.listen(port, host), "listening");
  } catch (cause) {
    const advice = "Stop what uses it, or choose another --port or --host.";
    throw new InvalidInputError(`${host}:${port} cannot be served at (${errorMessage(cause)}). ${advice}`, { cause });
  }
  return server;
}

/** One process for each worker; all serve what this one has published. */
async function serveWithWorkers(settings: Settings, store: FolderStore): Promise<void> {
  if (settings.model) await publishFolder(settings.model, store);
  const start = () => cluster.fork({ AVOCADO_SERVED: store.folder });
  const addresses = await Promise.all(Array.from({ length: settings.workers }, () => listening(start())));
  const restart = (worker: Worker, code: number | null, signal: string | null) => {
    console.error(`Worker ${worker.process.pid} ended with ${signal ?? code}; another one starts in a second.`);
    setTimeout(start, 1_000);
  };
  cluster.on("exit", restart);
  announce(settings, addresses[0] as AddressInfo, `${settings.workers} workers`);
  await stopped();
  cluster.off("exit", restart);
  await stopWorkers();
}

/** @throws InvalidInputError when it ends instead, having said why */
async function listening(worker: Worker): Promise<AddressInfo> {
  const ended = once(worker, "exit").then(() => undefined);
  const address = await Promise.race([once(worker, "listening").then(([found]) => found as AddressInfo), ended]);
  if (address) return address;
  await stopWorkers();
  throw new InvalidInputError("A worker did not start, see above.");
}

async function stopWorkers(): Promise<void> {
  const running = Object.values(cluster.workers ?? {}).filter((worker) => worker && !worker.isDead()) as Worker[];
  await Promise.all(
    running.map((worker) => {
      const ended = once(worker, "exit");
      worker.process.kill("SIGTERM");
      return ended;
    }),
  );
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

/** Node watches what was imported and starts this program again. */
async function watchCode(): Promise<void> {
  const [, program = "", ...args] = process.argv;
  const rest = args.filter((argument) => argument !== "--watch");
  const flags = ["--watch", "--watch-preserve-output", "--watch-kill-signal=SIGTERM"];
  const child = spawn(process.execPath, [...flags, program, ...rest], { stdio: "inherit" });
  void stopped().then(() => child.kill("SIGTERM"));
  await once(child, "exit");
}
