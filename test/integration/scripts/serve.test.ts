import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import sharp from "sharp";
import { expect, it, onTestFinished } from "vitest";
import { writeModelFolder } from "../../../core/model/folder.ts";
import { root } from "../../../scripts/setup/paths.ts";
import { predictForm } from "../../support/api-event.ts";
import { tinyModel, tinySidecar } from "../../support/models.ts";

/** Runs the command on a model that answers `bias` days for a black photograph, until the test ends. */
async function serve(bias: number, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "serve-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const promote = (days: number) => writeModelFolder(folder, { onnx: tinyModel(days), sidecar: tinySidecar() });
  await promote(bias);
  return { ...(await start("--model", folder, ...args)), promote };
}

async function start(...args: string[]) {
  const child = spawn(process.execPath, [join(root, "scripts/serve.ts"), "--port", "0", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, RELOAD_TOKEN: "secret" },
  });
  onTestFinished(async () => {
    if (child.exitCode === null) await stop(child);
  });
  for await (const line of createInterface(child.stderr)) {
    const address = /Serving .* at (http:\S+)/.exec(line)?.[1];
    if (address) return { child, address };
  }
  throw new Error("it ended before it served");
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

it("serves the bootstrap model where none is named", async () => {
  const { address } = await start();
  const health = await (await fetch(`${address}/health`)).json();
  expect(health).toMatchObject({ model: { version: "bootstrap", alias: "bootstrap" } });
});
