import { spawn, spawnSync } from "node:child_process";
import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { localFolder, root } from "./paths.ts";

const setupLog = join(localFolder, "setup.log");

/** A failure of set-up, as a sentence that says what to do. */
export class SetupError extends Error {}

const causes: [RegExp, string][] = [
  [/No space left|ENOSPC/i, "The disk is full: free about 4 GB and run the command again."],
  [
    /NameResolution|Could not resolve|Temporary failure in name|Connection refused|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|Max retries|No matching distribution/i,
    "The package registry cannot be reached: check the network (and pip's proxy settings) and run the command again.",
  ],
  [/not found: make|No such file.*(c\+\+|g\+\+)|g\+\+: (command )?not found|CXX/i, compilerAdvice()],
  [
    /ensurepip is not available|No module named venv/i,
    "Python lacks its venv module: on Debian and Ubuntu `apt install python3-venv`.",
  ],
];

/** What to install where there is no C++ compiler. */
export function compilerAdvice(): string {
  return process.platform === "darwin"
    ? "A C++ compiler and make are needed to build the TensorFlow binding: run `xcode-select --install`."
    : "A C++ compiler and make are needed to build the TensorFlow binding: on Debian and Ubuntu `apt install build-essential`.";
}

/** Runs a program, shows its latest line, logs all of it. @throws SetupError with advice and the last lines */
export async function run(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; logFile?: string; onLine?: (line: string) => void } = {},
): Promise<void> {
  const { logFile = setupLog } = options;
  await mkdir(dirname(logFile), { recursive: true });
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      options.onLine?.(line);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  await appendFile(logFile, `$ ${command} ${args.join(" ")}\n${lines.join("\n")}\n`);
  if (code === 0) return;
  const output = lines.join("\n");
  const advice = causes.find(([pattern]) => pattern.test(output))?.[1] ?? `See ${logFile}.`;
  throw new SetupError(`${advice}\n${lines.slice(-8).join("\n")}`);
}

/** Sets up what the named needs lack, as the commands do that always need it. @throws SetupError */
export function setUp(needs: readonly string[], what: string): void {
  const setup = spawnSync(process.execPath, [join(root, "scripts/setup/main.ts"), ...needs], { stdio: "inherit" });
  if (setup.status !== 0) throw new SetupError(`${what} could not be set up.`);
}
