import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const run = (...args: string[]) =>
  spawnSync(process.execPath, ["cli/main.ts", "dataset", ...args], { encoding: "utf8" });

describe("npm run dataset -- sample", () => {
  it("writes a sample, also over one of the same seed", () => {
    for (let i = 0; i < 2; i++) {
      const { status, stdout } = run("sample", "--fruits", "6", "--seed", "2", "--out", join(folder, "new"));
      expect(stdout).toMatch(/^\d+ synthetic photographs of 6 avocados in /);
      expect(status).toBe(0);
    }
    expect(existsSync(join(folder, "new/data.csv"))).toBe(true);
  });

  it("does not mix with what is in the folder", () => {
    writeFileSync(join(folder, "photo.jpg"), "");
    const { status, stderr } = run("sample", "--out", folder);
    expect(stderr).toContain("is not empty and holds no sample 'synthetic-1': choose another folder");
    expect(status).toBe(1);
  });

  it.each([
    [["sample"], "option '--out <folder>' not specified\n\nUsage: avocado dataset sample"],
    [[], "name one of these commands"],
    [["publish"], "unknown command 'publish'"],
    [["upload"], "option '--stage <stage>' not specified"],
    [["sample", "--out", "/tmp/none", "--fruits", "many"], "'many' is invalid. Write a whole number from 1."],
    [["sample", "--out", "/tmp/none", "--fruit", "3"], "--fruit"],
  ])("explains what is wrong with %j", (args, message) => {
    const { status, stderr } = run(...args);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect(status).toBe(2);
  });
});

describe("npm run dataset -- upload", () => {
  it("says that no local stack is running", () => {
    const env = { ...process.env, AVOCADO_STATE_FOLDER: folder };
    const command = ["cli/main.ts", "dataset", "upload", "--stage", "local", "--data", folder];
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", env });
    expect(stderr).toContain("No local stack is running: start one with 'npm start'");
    expect(status).toBe(1);
  });
});
