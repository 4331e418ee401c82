import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { writeModelFolder } from "../../../core/model/folder.ts";
import { root } from "../../../scripts/setup/paths.ts";
import { predictForm } from "../../support/api-event.ts";
import { describePhase, LoadGenerator, phaseHeading } from "../../support/load-generator.ts";
import { tinyModel, tinySidecar } from "../../support/models.ts";
import { reload, serve, serveScript, startServer, stop } from "../../support/serve.ts";

async function days(address: string): Promise<number> {
  const black = await sharp({ create: { width: 8, height: 8, channels: 3, background: "black" } })
    .png()
    .toBuffer();
  const response = await fetch(`${address}/predict`, { method: "POST", body: predictForm([black], ["T20"]) });
  return (await response.json()).prediction[0].estimated_days;
}

it("serves a model folder, loads its next model, rejects a broken one, and ends in peace", async () => {
  const { child, address, promote } = await serve(3);
  expect(await days(address)).toBe(3);
  await promote(5);
  expect((await reload(address)).status).toBe(200);
  expect(await days(address)).toBe(5);
  await promote(Number.NaN);
  const rejected = await reload(address);
  expect(rejected.status).toBe(502);
  expect((await rejected.json()).detail).toMatch(/predicts NaN days.*goes on serving/);
  expect(await days(address)).toBe(5);
  expect(await stop(child)).toBe(0);
});

it("shares its port and its model among workers", async () => {
  const { child, address, promote } = await serve(1, "--workers", "2");
  await promote(4);
  expect((await reload(address)).status).toBe(200);
  await expect
    .poll(async () => new Set(await Promise.all([1, 2, 3, 4, 5, 6].map(() => days(address)))), { timeout: 10_000 })
    .toEqual(new Set([4]));
  expect(await stop(child)).toBe(0);
});

it("fails no request while 16 clients ask and models come, are rejected and go back", async () => {
  const { child, address, promote, folder } = await serve(1, "--workers", "2");
  const load = await LoadGenerator.start(address);
  const table = [phaseHeading];
  const phase = async (name: string, change: () => Promise<unknown>, version?: string) => {
    const samples = await load.phase(name, async () => {
      await change();
      // The other worker looks once a second.
      await sleep(2_500);
    });
    table.push(describePhase(name, samples, version));
    return samples;
  };
  const change = (days: number, status: number) => async () => {
    await promote(days);
    expect((await reload(address)).status).toBe(status);
  };
  await phase("steady", async () => undefined);
  expect((await phase("promotion", change(2, 200), "2")).at(-1)?.version).toBe("2");
  const truncate = async () => {
    await promote(3);
    truncateSync(join(folder, "model.onnx"), 300);
    expect((await reload(address)).status).toBe(502);
  };
  const rejected = [
    ...(await phase("promotion of a truncated model", truncate)),
    ...(await phase("promotion of one that answers NaN", change(Number.NaN, 502))),
  ];
  expect(new Set(rejected.map(({ version }) => version))).toEqual(new Set(["2"]));
  expect((await phase("rollback", change(1, 200), "1")).at(-1)?.version).toBe("1");
  await load.stop();
  console.log(table.join("\n"));
  expect(load.samples.filter(({ status }) => status !== 200)).toEqual([]);
  expect(load.samples.filter(({ version, days }) => Number(version) !== days)).toEqual([]);
  expect(await stop(child)).toBe(0);
});

it("serves the bootstrap model where none is named", async () => {
  const { address } = await startServer();
  const health = await (await fetch(`${address}/health`)).json();
  expect(health).toMatchObject({ model: { version: "bootstrap", alias: "bootstrap" } });
});

it("starts again when the code changes, with --watch", async () => {
  const { child, address, nextAddress } = await serve(2, "--watch");
  expect(await days(address)).toBe(2);
  const now = new Date();
  utimesSync(join(root, "api/welcome.ts"), now, now);
  const next = await nextAddress();
  expect(await days(next)).toBe(2);
  await stop(child);
  await expect(fetch(next)).rejects.toThrow("fetch failed");
});

describe.each([1, 2])("with %d workers", (workers) => {
  /** Runs the command, which is to fail, with a folder for temporary files of its own. */
  async function fail(bias: number, port: number) {
    const folder = mkdtempSync(join(tmpdir(), "serve-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await writeModelFolder(join(folder, "model"), { onnx: tinyModel(bias), sidecar: tinySidecar() });
    const args = ["--model", join(folder, "model"), "--port", String(port), "--workers", String(workers)];
    const options = { env: { ...process.env, TMPDIR: folder } };
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile(process.execPath, [serveScript, ...args], options, (error, _, errors) =>
        resolve({ code: error?.code, stderr: errors }),
      );
    });
    expect(readdirSync(folder)).toEqual(["model"]);
    return { code, stderr };
  }

  it("says why a model cannot be served", async () => {
    const { code, stderr } = await fail(Number.NaN, 0);
    expect(stderr).toContain("The model does not answer: it predicts NaN days");
    expect(code).toBe(1);
  });

  it("says that the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await fail(1, port);
    expect(stderr).toContain(`127.0.0.1:${port} cannot be served at`);
    expect(code).toBe(1);
  });
});
