import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { writeModelFolder } from "../../../core/model/folder.ts";
import { root } from "../../../scripts/setup/paths.ts";
import { predictForm } from "../../support/api-event.ts";
import { tinyModel, tinySidecar } from "../../support/models.ts";

const script = join(root, "scripts/serve.ts");

/** Runs the command on a model that answers `bias` days for a black photograph, until the test ends. */
async function serve(bias: number, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "serve-"));
  const promote = (days: number) => writeModelFolder(folder, { onnx: tinyModel(days), sidecar: tinySidecar() });
  await promote(bias);
  const child = spawn(process.execPath, [script, "--model", folder, "--port", "0", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, RELOAD_TOKEN: "secret" },
  });
  onTestFinished(async () => {
    if (child.exitCode === null) await stop(child);
    rmSync(folder, { recursive: true });
  });
  const lines = createInterface(child.stderr)[Symbol.asyncIterator]();
  const nextAddress = async () => {
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const address = /Serving .* at (http:\S+)/.exec(line.value)?.[1];
      if (address) return address;
    }
    throw new Error("it ended before it served");
  };
  return { child, address: await nextAddress(), nextAddress, promote };
}

async function stop(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  return (await ended)[0];
}

const reload = (address: string) =>
  fetch(`${address}/reload-model`, { method: "POST", headers: { authorization: "Bearer secret" } });

async function days(address: string): Promise<number> {
  const black = await sharp({ create: { width: 8, height: 8, channels: 3, background: "black" } })
    .png()
    .toBuffer();
  const response = await fetch(`${address}/predict`, { method: "POST", body: predictForm([black], ["T20"]) });
  return (await response.json()).prediction[0].estimated_days;
}

it("serves a model folder, takes up its next model, refuses a broken one, and ends in peace", async () => {
  const { child, address, promote } = await serve(3);
  expect(await days(address)).toBe(3);
  await promote(5);
  expect((await reload(address)).status).toBe(200);
  expect(await days(address)).toBe(5);
  await promote(Number.NaN);
  const refused = await reload(address);
  expect(refused.status).toBe(502);
  expect((await refused.json()).detail).toMatch(/predicts NaN days.*goes on serving/);
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

it("starts again when the code changes, with --watch", async () => {
  const { child, address, nextAddress } = await serve(2, "--watch");
  expect(await days(address)).toBe(2);
  const now = new Date();
  utimesSync(join(root, "lambdas/predict/welcome.ts"), now, now);
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
      execFile(process.execPath, [script, ...args], options, (error, _, errors) =>
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
