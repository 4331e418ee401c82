import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Blobs } from "./blobs.ts";
import { Datasets } from "./datasets.ts";
import { type FaultSettings, Faults } from "./faults.ts";
import { ApiError, type Call, type Method, readBody, sendJson } from "./http.ts";
import { Kernels } from "./kernels.ts";

export interface KaggleEmulatorOptions {
  /** Begun afresh at each start. */
  folder: string;
  port: number;
  /** Folder of the programs of a Python environment with papermill and what notebooks import. */
  pythonBin: string;
  /** When given, others may not call. */
  credentials?: { username: string; key?: string; token?: string };
  /** What notebooks print. */
  onOutput?: (text: string) => void;
  /** What is not as one would like from the start on. */
  faults?: FaultSettings;
}

export interface KaggleEmulator {
  /** Address of the server; the API is below `/api`. */
  url: string;
  /** Ends the server and the notebooks that run. */
  stop(): Promise<void>;
}

/** Starts a local Kaggle on the loopback interface. It keeps datasets and really runs notebooks. */
export async function startKaggleEmulator(options: KaggleEmulatorOptions): Promise<KaggleEmulator> {
  await rm(options.folder, { recursive: true, force: true });
  const faults = new Faults();
  faults.set(options.faults ?? {});
  const blobs = new Blobs(join(options.folder, "blobs"), faults);
  const datasets = new Datasets(join(options.folder, "datasets"), blobs, faults);
  const kernels = new Kernels(join(options.folder, "kernels"), datasets, faults, options);
  const methods: Record<string, Method> = { ...blobs.methods, ...datasets.methods, ...kernels.methods };

  async function callMethod(name: string, request: IncomingMessage, response: ServerResponse, origin: string) {
    const body = await readBody(request);
    const authorization = request.headers.authorization ?? "";
    if (name === "security.OAuthService/IntrospectToken") {
      const { token } = body as { token?: string };
      return sendJson(response, 200, { active: token === options.credentials?.token, username: usernameOf(options) });
    }
    const method = methods[name];
    if (!method) throw new ApiError(404, `There is no method ${name}`);
    const call = { request, response, origin, user: authenticate(authorization, options) };
    faults.strike(name, false);
    const answer = await method(body, call);
    faults.strike(name, true);
    if (answer !== undefined) sendJson(response, 200, faults.current.nulls ? withNulls(answer) : answer);
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const origin = `http://${request.headers.host}`;
    // A client that takes this server for its proxy sends whole addresses.
    const { pathname } = new URL(request.url ?? "/", origin);
    const [first, second, third, ...rest] = pathname.slice(1).split("/").map(decodeURIComponent);
    const open: Call = { request, response, origin, user: "" };
    if (request.method === "PUT" && pathname === "/_emulator/faults") {
      faults.set(await readBody(request));
      return sendJson(response, 200, faults.current);
    }
    if (request.method === "DELETE" && pathname === "/_emulator/kernels") {
      await kernels.clear();
      return sendJson(response, 200, {});
    }
    if (request.method === "PUT" && first === "upload") {
      faults.strike("upload", false);
      return blobs.put(second ?? "", open);
    }
    if (request.method === "GET" && first === "output") {
      faults.strike("output", false);
      return kernels.output(second ?? "", [third, ...rest].join("/"), open);
    }
    if (first !== "api" || second !== "v1") throw new ApiError(404, "Not found");
    if (request.method === "GET" && `${third}/${rest[0]}/${rest[1]}` === "kernels/logs/stream") {
      authenticate(request.headers.authorization ?? "", options);
      return kernels.streamLog(rest[2] ?? "", rest[3] ?? "", open);
    }
    if (request.method !== "POST") throw new ApiError(405, "Method not allowed");
    return callMethod([third, ...rest].join("/"), request, response, origin);
  }

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      const { code, message, headers } =
        error instanceof ApiError ? error : new ApiError(500, error instanceof Error ? error.message : String(error));
      if (response.headersSent) response.destroy();
      // Under load Kaggle sends a page for people, at times with status 200.
      else if (code === 200) response.writeHead(200, { "content-type": "text/html" }).end("<html>Please wait</html>");
      else sendJson(response, code, { code, message }, headers);
    });
  });
  server.requestTimeout = 0;
  await once(server.listen(options.port, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  let stopping: Promise<void> | undefined;
  const end = async () => {
    await kernels.clear();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await rm(options.folder, { recursive: true, force: true });
  };
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      stopping ??= end();
      return stopping;
    },
  };
}

/** Fields of an answer that are empty, as null. */
function withNulls(answer: unknown): unknown {
  const empty = (value: unknown) => value === "" || value === 0 || (Array.isArray(value) && value.length === 0);
  const fields = Object.entries(answer as Record<string, unknown>);
  return Object.fromEntries(fields.map(([name, value]) => [name, empty(value) ? null : value]));
}

const usernameOf = ({ credentials }: KaggleEmulatorOptions) => credentials?.username ?? "local";

/** Name of the caller. @throws ApiError 401 */
function authenticate(authorization: string, options: KaggleEmulatorOptions): string {
  const [scheme, value = ""] = authorization.split(" ");
  const given = options.credentials;
  if (scheme === "Bearer" && value && (!given || value === given.token)) return usernameOf(options);
  const [username = "", key = ""] = scheme === "Basic" ? Buffer.from(value, "base64").toString().split(":") : [];
  if (username && key && (!given || (username === given.username && key === given.key))) return username;
  throw new ApiError(401, "Unauthenticated");
}
