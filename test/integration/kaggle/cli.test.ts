import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kaggleVenv } from "../../../scripts/setup/paths.ts";
import { kaggleUser, startTestKaggle, type TestKaggle } from "../../support/kaggle.ts";

let kaggle: TestKaggle;
let folder: string;
beforeAll(async () => {
  kaggle = await startTestKaggle();
  folder = await mkdtemp(join(tmpdir(), "kaggle-cli-"));
});
afterAll(async () => {
  await kaggle.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Kaggle's own command line, unchanged. It knows one local address, so the local Kaggle is given to it as its proxy. */
async function cli(...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    KAGGLE_API_ENVIRONMENT: "LOCALHOST",
    KAGGLE_USERNAME: kaggleUser.username,
    KAGGLE_KEY: kaggleUser.key,
    http_proxy: kaggle.url,
  };
  const { stdout, stderr } = await promisify(execFile)(join(kaggleVenv, "bin/kaggle"), args, { env, cwd: folder });
  return stdout + stderr;
}

async function until(what: () => Promise<string>, wanted: RegExp): Promise<string> {
  for (const deadline = Date.now() + 60_000; ; await sleep(500)) {
    const said = await what();
    if (wanted.test(said) || Date.now() > deadline) return said;
  }
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
  it("makes a data set and a version of it", async () => {
    const data = join(folder, "data");
    await mkdir(data);
    const metadata = { title: "Avocado ripening", id: "jane/avocado-ripening", licenses: [{ name: "CC0-1.0" }] };
    await writeFile(join(data, "dataset-metadata.json"), JSON.stringify(metadata));
    await writeFile(join(data, "manifest.csv"), "first");
    await expect(cli("datasets", "create", "-p", data)).resolves.toMatch(/being created/);
    const status = () => cli("datasets", "status", "jane/avocado-ripening");
    await expect(until(status, /ready/i)).resolves.toMatch(/ready/i);

    await writeFile(join(data, "manifest.csv"), "second");
    await expect(cli("datasets", "version", "-p", data, "-m", "More fruits")).resolves.toMatch(/being created/);
    await expect(until(status, /ready/i)).resolves.toMatch(/ready/i);
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
    await expect(cli("kernels", "push", "-p", kernel)).resolves.toMatch(/version 1 successfully pushed/i);
    const status = () => cli("kernels", "status", "jane/avocado-train");
    await expect(until(status, /complete|error/i)).resolves.toMatch(/complete/i);

    await expect(cli("kernels", "logs", "jane/avocado-train")).resolves.toMatch(/read second/);
    await expect(cli("kernels", "logs", "--follow", "jane/avocado-train")).resolves.toMatch(/read second/);
    await cli("kernels", "output", "jane/avocado-train", "-p", join(folder, "output"));
    await expect(readFile(join(folder, "output/result.txt"), "utf8")).resolves.toBe("ripe");
  });
});
