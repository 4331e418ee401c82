import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "../../../api/api.ts";
import { createImageFetcher } from "../../../api/fetch-image.ts";
import { isPublicAddress } from "../../../api/public-address.ts";
import { createHttpServer } from "../../../cli/commands/serve/http-server.ts";
import { FolderStore } from "../../../core/folder-store.ts";
import { handleEvents } from "../../../lambdas/predict/event.ts";
import { createUploads } from "../../../lambdas/predict/uploads.ts";
import { askHandler } from "../../support/adapters.ts";
import { predictForm } from "../../support/api-event.ts";
import { publishChampion } from "../../support/champion.ts";
import { describeName, hostileAddresses, resolveName } from "../../support/hostile/addresses.ts";
import { hostileBodies } from "../../support/hostile/bodies.ts";
import { hostileConnections } from "../../support/hostile/connections.ts";
import { hostileHosts } from "../../support/hostile/hosts.ts";
import { hostilePhotographs } from "../../support/hostile/photographs.ts";
import { sendRaw } from "../../support/raw-http.ts";

/*
 * Sends every hostile input to the API over HTTP. What comes back is the table in docs/hostile-input.md, so that a change of
 * an answer is a change of that file: `npx vitest run --project unit test/unit/api/hostile-table.test.ts -u`.
 */
const photographs = await hostilePhotographs();
/** Stands for the internet; 127.0.0.1 remains what it is. */
const internet = "127.0.0.2";
let folder: string;
let api: Server;
let address: string;
let askLambda: ReturnType<typeof askHandler>;
let host: Server;
let hostAnswer: RequestListener;
let hostPort: number;
const table: Record<string, string[]> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hostile-"));
  const store = new FolderStore(folder);
  await publishChampion(store, "1", 0);
  host = createServer((request, response) => hostAnswer(request, response));
  await once(host.listen(0, internet), "listening");
  hostPort = (host.address() as AddressInfo).port;
  const rules = {
    resolve: async (name: string) =>
      name.endsWith("public.example") ? [{ address: internet, family: 4 as const }] : resolveName(name),
    isPublic: (ip: string) => ip === internet || isPublicAddress(ip),
    ports: [80, 443, hostPort],
  };
  const s3 = new S3Client({ region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const uploads = createUploads(s3, "uploads", store);
  const [patient, hurried] = [createImageFetcher(rules), createImageFetcher({ ...rules, milliseconds: 300 })];
  const { fetch } = createApi(
    () => ({ store, uploads, fetchImage: (url, stop) => (url.includes("slow") ? hurried : patient)(url, stop) }),
    new Logger({ logLevel: "SILENT" }),
  );
  api = createHttpServer(fetch, { reloadToken: "secret" });
  askLambda = askHandler(handleEvents(fetch, new Logger({ logLevel: "SILENT" })));
  await once(api.listen(0, "127.0.0.1"), "listening");
  address = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(() => {
  for (const server of [api, host]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

/** Sends one and notes the answer. @returns its status */
async function note(section: string, input: string, path: string, init: RequestInit): Promise<number> {
  const response = await fetch(address + path, { signal: AbortSignal.timeout(20_000), ...init });
  const { code = "", detail = "an answer" } = await response.json();
  // In AWS the gateway asks for an identity before a reload.
  if (path !== "/reload-model") {
    const inLambda = await askLambda(new Request(`http://localhost${path}`, init));
    expect({ status: inLambda.status, ...(await inLambda.json()) }).toMatchObject({
      status: response.status,
      ...(code && { code, detail }),
    });
  }
  // An address is in the line already; what a decoder says differs from version to version.
  const said = String(detail)
    .replace(/^Error loading image from URL .*: (?=(it|its|not) )/s, "…: ")
    .replace(/(file is damaged): .*/s, "$1")
    .replace(/('[^']{40})[^']*'/, "$1…'");
  add(section, input, `${response.status}`, code && `\`${code}\``, said);
  return response.status;
}
function add(section: string, ...cells: string[]): void {
  table[section] ??= [];
  table[section].push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`);
}
function urlForm(url: string): FormData {
  const form = predictForm([], ["T20"]);
  form.append("image_urls", url);
  return form;
}
const rejected = (status: number) => {
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
};

describe("an address of a photograph", () => {
  it.each(hostileAddresses)("%s is rejected", async (url) => {
    const input = `\`${JSON.stringify(url).slice(1, -1)}\`${describeName(url)}`;
    rejected(await note("Addresses of photographs", input, "/predict", { method: "POST", body: urlForm(url) }));
  });
});

describe("a host of a photograph that", () => {
  it.each(hostileHosts)("$input is rejected", async ({ input, slow, answer }) => {
    hostAnswer = answer;
    const url = `http://${slow ? "slow." : ""}public.example:${hostPort}/a.jpg`;
    const body = urlForm(url);
    rejected(await note("Hosts of photographs: one that", input, "/predict", { method: "POST", body }));
  });
});

describe("a file", () => {
  it.each(photographs)("$input is answered as it should be", async ({ input, bytes, name = "a.jpg", harmless }) => {
    const body = predictForm([], ["T20"]);
    body.append("image_files", new Blob([new Uint8Array(bytes)]), name);
    const status = await note("Photographs", input, "/predict", { method: "POST", body });
    if (harmless) expect(status).toBe(200);
    else rejected(status);
  });
});

describe("a request", () => {
  it.each(hostileBodies)("$input is rejected", async ({ input, method = "POST", path = "/predict", type, body }) => {
    const headers: Record<string, string> = type ? { "content-type": type } : {};
    rejected(
      await note("Requests", input, path, { method, headers, ...(body !== undefined && { body: body as BodyInit }) }),
    );
  });
});

describe("bytes with", () => {
  it.each(hostileConnections)("$input are rejected", async ({ input, bytes }) => {
    const { statuses } = await sendRaw(address, [bytes]);
    expect(statuses.length).toBeLessThan(2);
    for (const status of statuses) rejected(status);
    add(
      "Connections (`npm run serve`; in AWS they end at the gateway)",
      input,
      String(statuses[0] ?? "none"),
      "",
      statuses[0] ? "" : "the connection is closed",
    );
  });
});

it("is what docs/hostile-input.md says", async () => {
  const sections = Object.entries(table).map(
    ([section, rows]) =>
      `## ${section}\n\n| what | status | code | \`detail\` |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`,
  );
  const count = Object.values(table).flat().length;
  const document = `# Hostile input

What the predict API answers to ${count} hostile inputs. The file is made by the test that sends them, over HTTP, and the test
fails when an answer is another one: \`npm test -- --project unit test/unit/api/hostile-table.test.ts\`, with \`-u\` to
write it anew. Names ending in \`.example\` are answered by a name server of the test, with the addresses in parentheses.

In addition, tests damage forms, JSON and photographs at random, and [Schemathesis](https://schemathesis.io) asks whatever
\`/openapi.json\` allows: none may get a 5xx, or no answer. A name whose address changes between the check and the connection
is in \`fetch-image.test.ts\`, photographs that take too long to decode are in \`decoder.test.ts\`.

${sections.join("\n")}`;
  await expect(document).toMatchFileSnapshot("../../../docs/hostile-input.md");
});
