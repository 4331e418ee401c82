// The only file that must run on Node 20 with nothing installed: it installs the dependencies, then runs a script under
// the Node 24 that came with them.  node scripts/bootstrap.mjs <needs|none> <script.ts> [arguments...]
// @ts-check
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const modules = join(root, "node_modules");
const stamp = join(modules, ".installed");
const wanted = () =>
  createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(process.platform + process.arch)
    .digest("hex");

/** @param {string} sentence @returns {never} */
function giveUp(sentence) {
  console.error(`\n${sentence}`);
  process.exit(1);
}

function installDependencies() {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted()) return;
  const started = Date.now();
  console.error("Installing the Node dependencies (once, about a minute) ...");
  const npm = spawnSync("npm", ["ci", "--loglevel=error", "--no-audit", "--no-fund"], {
    cwd: root,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (npm.error) giveUp(`npm cannot be started (${npm.error.message}). Install Node.js 20 or later with npm.`);
  if (npm.status !== 0) giveUp(`${npm.stdout}${npm.stderr}\n${explain(npm.stderr)}`);
  writeFileSync(stamp, wanted());
  console.error(`Node dependencies installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

/** @param {string} output */
function explain(output) {
  if (/ENOSPC/.test(output)) return "The disk is full: free about 4 GB and run the command again.";
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|network/i.test(output))
    return "The package registry cannot be reached: check the network (and npm's proxy settings) and run the command again.";
  return "npm ci failed, see above.";
}

/** Node 24 from the dependencies on Linux; on other systems the one that is running, when it can strip types. */
function findNode() {
  const installed = join(modules, ".bin", "node");
  if (existsSync(installed)) return installed;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  return giveUp(`Node ${process.versions.node} is too old here: on ${process.platform} install Node 24.`);
}

const [needs = "none", script, ...rest] = process.argv.slice(2);
if (Number(process.versions.node.split(".")[0]) < 20)
  giveUp(`Node ${process.versions.node} is too old: install Node 20 or later.`);
if (!script) giveUp("Usage: node scripts/bootstrap.mjs <needs|none> <script.ts> [arguments...]");
installDependencies();

const node = findNode();
const env = {
  ...process.env,
  PATH: `${join(modules, ".bin")}:${process.env.PATH}`,
  // Node keeps what it compiled, types stripped: the next start takes a third less processor time.
  NODE_COMPILE_CACHE: join(root, ".local", "compile-cache"),
};
if (needs !== "none") {
  const setup = spawnSync(node, [join(root, "scripts/setup/main.ts"), ...needs.split(",")], { stdio: "inherit", env });
  if (setup.status !== 0) process.exit(setup.status ?? 1);
}
const child = spawn(node, ["--disable-warning=ExperimentalWarning", join(root, script), ...rest], {
  stdio: "inherit",
  env,
});
// Ctrl-C reaches the child by itself, as it shares the terminal; this process only waits for its end.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
