import { execFileSync } from "node:child_process";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commandNames, createProgram } from "../../../cli/program.ts";
import { run } from "../../../cli/terminal/run.ts";
import packageJson from "../../../package.json" with { type: "json" };

let printed: { out: string[]; error: string[] };
beforeEach(() => {
  printed = { out: [], error: [] };
  for (const [stream, chunks] of [
    [process.stdout, printed.out],
    [process.stderr, printed.error],
  ] as const) {
    vi.spyOn(stream, "write").mockImplementation((chunk) => chunks.push(String(chunk)) > 0);
  }
  // Vitest's own console does not write there.
  vi.spyOn(console, "log").mockImplementation((line) => void printed.out.push(`${line}\n`));
  vi.spyOn(console, "error").mockImplementation((line) => void printed.error.push(`${line}\n`));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

/** Runs a command line as `avocado` does. @returns its exit code and what it printed */
async function avocado(...args: string[]) {
  for (const chunks of Object.values(printed)) chunks.length = 0;
  process.exitCode = undefined;
  await run(await createProgram(args), args);
  return { code: process.exitCode ?? 0, out: printed.out.join(""), error: printed.error.join("") };
}

/** Each command with the words that name it, the program itself included. */
function* walk(command: CommandUnknownOpts, words: string[] = []): Generator<[string[], CommandUnknownOpts]> {
  yield [words, command];
  for (const each of command.commands) yield* walk(each, [...words, each.name()]);
}

describe("--help", () => {
  it("lists the options, arguments and subcommands of every command", async () => {
    for (const [words, command] of walk(await createProgram([]))) {
      const { code, out } = await avocado(...words, "--help");
      expect({ words, code, usage: out.split("\n")[0] }).toMatchObject({
        code: 0,
        usage: expect.stringContaining(`Usage: ${["avocado", ...words].join(" ")}`),
      });
      expect(command.description(), words.join(" ")).not.toBe("");
      for (const { flags, description } of command.options) {
        expect(out).toContain(flags);
        expect(description, flags).not.toBe("");
      }
      for (const each of command.registeredArguments) expect(out).toContain(each.name());
      if (words.length < 2) for (const each of command.commands) expect(out).toContain(`\n  ${each.name()}`);
    }
  });

  it("knows the subcommands", async () => {
    const program = await createProgram([]);
    const names = [...walk(program)].map(([words]) => words.join(" "));
    expect(names).toEqual(
      expect.arrayContaining(["stage teardown", "dataset download", "champion rollback", "predict", "completion"]),
    );
  });

  it("has colours on a terminal alone, and none with NO_COLOR", async () => {
    const colour = "\u001b[";
    expect((await avocado("--help")).out).not.toContain(colour);
    vi.stubEnv("FORCE_COLOR", "1");
    expect((await avocado("--help")).out).toContain(colour);
    vi.stubEnv("FORCE_COLOR", undefined);
    vi.stubEnv("NO_COLOR", "1");
    expect((await avocado("--help")).out).not.toContain(colour);
  });
});

describe("--version", () => {
  it("is that of package.json", async () => {
    expect(await avocado("--version")).toEqual({ code: 0, out: `${packageJson.version}\n`, error: "" });
  });
});

describe("wrong usage", () => {
  it.each([
    [["pred"], "unknown command 'pred'\n(Did you mean predict?)"],
    [["stage", "teardwn", "--stage", "dev"], "unknown command 'teardwn'\n(Did you mean teardown?)"],
    [["start", "--onse"], "unknown option '--onse'\n(Did you mean --once?)"],
    [["champion", "list", "--al"], "unknown option '--al'\n(Did you mean --all?)"],
    [["champion", "compare", "1"], "missing required argument 'b'"],
    [["champion", "promote", "1", "2"], "too many arguments for 'promote'. Expected 1 argument but got 2"],
    [["predict", "a.jpg"], "required option '--storage <group>' not specified"],
    [["predict", "--storage", "T20"], "missing required argument 'photos'"],
    [
      ["predict", "--model", "--storage", "T20", "a.jpg"],
      "option '--model' needs a value, but '--storage' follows it. To pass that as the value: --model=--storage\n\nUsage: avocado predict",
    ],
    [["predict", "--storage", "fridge", "a.jpg"], "argument 'fridge' is invalid. Allowed choices are T10, T20, Tam."],
    [["evaluate", "--model", "m"], "required option '--data <folder>' not specified"],
    [["evaluate", "--model", "m", "--data", "d", "--split", "exam"], "Allowed choices are train, validation, test."],
    [["start", "--kaggle", "cloud"], "argument 'cloud' is invalid. Allowed choices are local, real."],
    [["start", "--tunnel"], "--tunnel: only with --strategy kaggle."],
    [["train", "--data", "d", "--out", "o", "--set", "epochs"], "Write key=value"],
    [["serve", "--port", "99999"], "Write a whole number from 0 to 65535."],
    [["serve", "--workers", "65"], "Write a whole number from 1 to 64."],
    [["mlflow", "--port", "http"], "Write a whole number from 0 to 65535."],
    [["dataset", "download", "--spreadsheet", "s.xlsx"], "--spreadsheet goes with --zip."],
    [["dataset", "upload"], "required option '--stage <stage>' not specified"],
    [["doctor", "--gpu"], "--gpu: only with --kaggle."],
    [["cost", "--predictions", "many"], "Write a number, 0 or more."],
    [["stage", "rotate", "--stage", "dev", "--secret", "all"], "Allowed choices are mlflow, master, kaggle."],
    [["stage", "export", "--stage", "dev"], "required option '--to <folder>' not specified"],
    [["stage"], "error: name one of these commands"],
    [[], "error: name one of these commands"],
  ])("%j is explained, with the help below it, and ends with exit code 2", async (args, message) => {
    const { code, out, error } = await avocado(...args);
    expect(error).toContain(message);
    expect(error).toContain("Usage: avocado");
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  it("is no value that looks like an option, when it is written so", async () => {
    const { code, error } = await avocado("stage", "teardown", "--stage=--yes", "--stage", "local");
    expect(error).toContain("Stage 'local' begins afresh");
    expect(code).toBe(1);
  });

  it("is not that stage 'local' cannot be operated so", async () => {
    const { code, error } = await avocado("stage", "teardown", "--stage", "local");
    expect(error).toBe("\nStage 'local' begins afresh with 'npm start -- --reset'.\n");
    expect(code).toBe(1);
  });
});

describe("the order of words", () => {
  it("is free: options may stand before the name of a subcommand", async () => {
    const { code, error } = await avocado("stage", "--stage", "local", "teardown", "--yes");
    expect(error).toContain("Stage 'local' begins afresh");
    expect(code).toBe(1);
  });
});

describe("an execution input", () => {
  it.each(["start", "retrain"])("is checked by '%s' as the pipeline does, before anything is started", async (name) => {
    const { code, error } = await avocado(name, "--set", "strategy=kaggle", "--set", "backbone=/a/folder");
    expect(error).toContain("Strategy 'kaggle' takes its backbones with ImageNet weights from Keras.");
    expect(code).toBe(1);
  });
});

describe("completion", () => {
  /** What bash offers after a line, of which the last word is being typed. */
  async function offered(...words: string[]): Promise<string[]> {
    const { out } = await avocado("completion", "bash");
    const line = words.map((word) => `'${word}'`).join(" ");
    const ask = `COMP_WORDS=(avocado ${line}); COMP_CWORD=${words.length}; _avocado; echo "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", `${out}\n${ask}`], { encoding: "utf8" })
      .split(/\s+/)
      .filter(Boolean);
  }

  it("offers the commands, in bash and fish", async () => {
    expect(await offered("")).toEqual([...commandNames, "completion"]);
    const { out } = await avocado("completion", "fish");
    for (const name of commandNames) expect(out).toContain(`-f -a ${name} -d '`);
    expect(out).toContain(
      "seen_subcommand_from stage; and __fish_seen_subcommand_from rotate' -l secret -x -a 'mlflow",
    );
  });

  it("offers subcommands, options, and values of options and arguments", async () => {
    expect(await offered("stage", "")).toEqual(["teardown", "restore", "rotate", "export", "import"]);
    expect(await offered("stage", "rotate", "--s")).toEqual(["--stage", "--secret"]);
    expect(await offered("stage", "rotate", "--stage", "dev", "--secret", "ma")).toEqual(["master"]);
    expect(await offered("predict", "--storage", "")).toEqual(["T10", "T20", "Tam"]);
    expect(await offered("completion", "z")).toEqual(["zsh"]);
  });

  it("leaves file names to the shell", async () => {
    expect(await offered("train", "--data", "")).toEqual([]);
    expect(await offered("predict", "--storage", "T20", "")).toEqual([]);
    expect((await avocado("completion", "bash")).out).toContain("complete -o default -F _avocado avocado");
  });

  it("uses bash's in zsh", async () => {
    const [, bash] = (await avocado("completion", "zsh")).out.split(/bashcompinit\n/);
    expect(bash).toBe((await avocado("completion", "bash")).out);
  });
});

describe("package.json", () => {
  it("has an alias for each command, and no other", () => {
    const aliases = Object.entries(packageJson.scripts).filter(([, script]) => script.includes("cli/"));
    expect(Object.fromEntries(aliases)).toEqual(
      Object.fromEntries(commandNames.map((name) => [name, `node cli/avocado.mjs ${name}`])),
    );
  });

  it("offers the program to npx, and is published nowhere", () => {
    expect(packageJson.bin).toEqual({ avocado: "cli/avocado.mjs" });
    expect(packageJson.private).toBe(true);
  });
});
