import { execFile } from "node:child_process";
import packageJson from "../../package.json" with { type: "json" };
import { root } from "../../scripts/setup/paths.ts";

/** What a command answered. */
export interface Answer {
  code: number;
  /** Both its outputs. */
  text: string;
}

/** Runs `npm run <name> -- <arguments>` of package.json without npm and its set-up; `input` is what people type. */
export function runNpm(line: string, environment: NodeJS.ProcessEnv, input = ""): Promise<Answer> {
  const [, name, args = ""] = /^npm run (\S+)(?: -- (.*))?$/.exec(line.trim()) ?? [];
  const words = [...args.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
  const [, bootstrap, ...script] = packageJson.scripts[name as keyof typeof packageJson.scripts].split(" ");
  // The set-up, then the program: `cli/avocado.mjs <command>`, or `scripts/bootstrap.mjs <needs> <script>`.
  const program = bootstrap === "cli/avocado.mjs" ? ["cli/main.ts", ...script] : script.slice(1);
  const command = ["--disable-warning=ExperimentalWarning", ...program, ...words];
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...process.env, ...environment } };
    const child = execFile(process.execPath, command, options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr });
    });
    child.stdin?.end(input);
  });
}
