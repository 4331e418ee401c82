import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kaggleVenv } from "../../../../scripts/setup/paths.ts";
import { kaggleUser, startTestKaggle, type TestKaggle } from "../../../support/kaggle.ts";

let kaggle: TestKaggle;
let folder: string;
beforeAll(async () => {
  kaggle = await startTestKaggle();
  folder = await realpath(await mkdtemp(join(tmpdir(), "kaggle-cli-")));
});
afterAll(async () => {
  await kaggle.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Commands and what they printed to standard output, as docs/kaggle-cli.md shows them. */
const transcript: string[] = [];

/** Runs a command that belongs into the transcript. */
async function cli(...args: string[]): Promise<string> {
  const said = await kaggleCli(args);
  transcript.push(`$ kaggle ${args.map((arg) => (arg.includes(" ") ? `"${arg}"` : arg)).join(" ")}\n${said}`);
  return said;
}

/** Kaggle's own command line, unchanged. It knows one local address, so the local Kaggle is given to it as its proxy. */
async function kaggleCli(args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    KAGGLE_API_ENVIRONMENT: "LOCALHOST",
    KAGGLE_USERNAME: kaggleUser.username,
    KAGGLE_KEY: kaggleUser.key,
    http_proxy: kaggle.url,
  };
  const { stdout } = await promisify(execFile)(join(kaggleVenv, "bin/kaggle"), args, { env, cwd: folder });
  return stdout;
}

/** Runs a command until it says what is wanted. */
async function until(wanted: RegExp, ...args: string[]): Promise<string> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(500)) {
    if (wanted.test(await kaggleCli(args))) break;
  }
  return cli(...args);
}

const cell = (source: string[]) => ({ cell_type: "code", metadata: {}, execution_count: null, outputs: [], source });
const notebook = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
  cells: [
    cell(["import os, pathlib\n", "found = sorted(pathlib.Path(os.environ['KAGGLE_INPUT']).rglob('*.csv'))\n"]),
    cell(["print('read', found[0].read_text())\n", "pathlib.Path('result.txt').write_text('ripe')"]),
  ],
};

describe("Kaggle's own command line", () => {
  it("makes a dataset and a version of it", async () => {
    const data = join(folder, "data");
    await mkdir(data);
    const metadata = { title: "Avocado ripening", id: "jane/avocado-ripening", licenses: [{ name: "CC0-1.0" }] };
    await writeFile(join(data, "dataset-metadata.json"), JSON.stringify(metadata));
    await writeFile(join(data, "manifest.csv"), "first");
    await expect(cli("datasets", "create", "-p", "data")).resolves.toMatch(/being created/);
    const ready = () => until(/ready/i, "datasets", "status", "jane/avocado-ripening");
    await expect(ready()).resolves.toMatch(/ready/i);

    await writeFile(join(data, "manifest.csv"), "second");
    await expect(cli("datasets", "version", "-p", "data", "-m", "More fruits")).resolves.toMatch(/being created/);
    await expect(ready()).resolves.toMatch(/ready/i);
    await expect(cli("datasets", "files", "jane/avocado-ripening")).resolves.toMatch(/manifest\.csv/);
  });

  it("runs a notebook on it and fetches what it printed and left", async () => {
    const kernel = join(folder, "kernel");
    await mkdir(kernel);
    const metadata = {
      id: "jane/avocado-train",
      title: "Avocado train",
      code_file: "train.ipynb",
      language: "python",
      kernel_type: "notebook",
      is_private: true,
      dataset_sources: ["jane/avocado-ripening"],
    };
    await writeFile(join(kernel, "kernel-metadata.json"), JSON.stringify(metadata));
    await writeFile(join(kernel, "train.ipynb"), JSON.stringify(notebook));
    await expect(cli("kernels", "push", "-p", "kernel")).resolves.toMatch(/version 1 successfully pushed/i);
    const over = until(/complete|error/i, "kernels", "status", "jane/avocado-train");
    await expect(over).resolves.toMatch(/complete/i);

    await expect(kaggleCli(["kernels", "logs", "jane/avocado-train"])).resolves.toMatch(/read second/);
    await expect(cli("kernels", "logs", "--follow", "jane/avocado-train")).resolves.toMatch(/read second/);
    await cli("kernels", "output", "jane/avocado-train", "-p", "output");
    await expect(readFile(join(folder, "output/result.txt"), "utf8")).resolves.toBe("ripe");
  });

  it("says in all of this what docs/kaggle-cli.md shows", async () => {
    const shown = transcript
      .join("\n")
      .replaceAll(`${folder}/`, "")
      .replaceAll(/^\[IPKernelApp\].*\n/gm, "")
      .replaceAll(/\d{4}-\d\d-\d\d [\d:.]+/g, "2026-01-02 03:04:05.678000")
      .replaceAll(/ +$/gm, "");
    const text = [
      "# Kaggle's command line against the local Kaggle\n",
      "What `test/integration/local/kaggle/cli.test.ts` saw: Kaggle's own command line, unchanged, against `local/kaggle/`. The test",
      "fails when it sees anything else; `npm test -- --project integration test/integration/local/kaggle/cli.test.ts -u` writes this page",
      "anew. Standard output, without a warning of Jupyter's, and with every time replaced by the same one.\n",
      `\`\`\`console\n${shown}\`\`\`\n`,
    ];
    await expect(text.join("\n")).toMatchFileSnapshot("../../../../docs/kaggle-cli.md");
  });
});
