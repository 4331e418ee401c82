import { execFile } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../../../cli/commands/doctor/finding.ts";
import { examineKaggle, type KaggleOptions } from "../../../../cli/commands/doctor/kaggle.ts";
import type { FaultSettings } from "../../../../local/kaggle/faults.ts";
import { root } from "../../../../scripts/setup/paths.ts";
import { kaggleUser, startTestKaggle, type TestKaggle } from "../../../support/kaggle.ts";

const { username, key, token } = kaggleUser;
let kaggle: TestKaggle;
beforeAll(async () => {
  kaggle = await startTestKaggle();
});
afterEach(() => kaggle.reset());
afterAll(() => kaggle.stop());

/** The findings by check. */
async function examine(options: Partial<KaggleOptions> = {}): Promise<Record<string, Finding>> {
  const sections = await examineKaggle({
    credentials: { username, token },
    baseUrl: `${kaggle.url}/api`,
    gpu: false,
    onWait: () => {},
    pause: 200,
    timeout: 60_000,
    ...options,
  });
  return Object.fromEntries(sections.flatMap(({ findings }) => findings).map((each) => [each.check, each]));
}

describe("the first contact", () => {
  it("says of each assumption that it holds, and leaves nothing behind", async () => {
    const { internet, ...findings } = await examine();
    // This depends on the machine.
    expect(internet).toBeDefined();
    expect(Object.values(findings).filter(({ state }) => state !== "ok")).toEqual([]);
    expect(findings).toMatchObject({
      token: { found: "good, of jane" },
      "GPU time": { found: expect.stringMatching(/^0\.0 of 30\.0 hours used, renewed on 20/) },
      "its files as listed": { found: expect.stringContaining("shards/photograph.npy (150") },
      "push of a kernel": { found: "taken, with a dataset under its version" },
      "status of the kernel": { found: expect.stringMatching(/^COMPLETE after \d+ s/) },
      "a shard": { found: "as it was uploaded" },
      "a gzip file": { found: "unpacked, its first member alone" },
      "what was made": { found: "deleted again" },
    });
  });

  it.each<[string, FaultSettings, string, Partial<Record<keyof Finding, unknown>>]>([
    ["a week without GPU time", { kernel: "quota" }, "GPU time", { state: "warning" }],
    [
      "a version that is hidden at first",
      { absentSeconds: 2 },
      "dataset's version",
      { found: /, shown [1-9]\d* s after/ },
    ],
    [
      "a kernel that is hidden at first",
      { absentSeconds: 2 },
      "status of the kernel",
      { found: /first shown after [1-9]/ },
    ],
    [
      "a dataset that comes to nothing",
      { datasetFails: true },
      "dataset",
      { state: "missing", found: /could not process/ },
    ],
    ["fewer files than three", { topLevelFiles: 1 }, "dataset", { state: "missing", found: /at most 1 top-level/ }],
    [
      "no versions of datasets",
      { versionedSources: false },
      "push of a kernel",
      { state: "warning", found: /but not with/ },
    ],
    [
      "a shard that is changed",
      { damagedInputs: ["shards/photograph.npy"] },
      "a shard",
      { state: "missing", found: /^changed: 150/ },
    ],
    ["an image without pandas", { lackingModules: ["pandas"] }, "packages", { state: "warning", found: /^pandas/ }],
    ["a notebook without internet", { internet: false }, "internet", { state: "warning", found: "not reached" }],
    [
      "a kernel that fails",
      { kernel: "error" },
      "status of the kernel",
      { state: "missing", advice: /Fault on demand/ },
    ],
    ["null where nothing is", { nulls: true }, "a shard", { state: "ok" }],
  ])("recognises %s", async (_, faults, check, expected) => {
    await kaggle.setFaults(faults);
    const found = (await examine())[check];
    for (const [field, value] of Object.entries(expected)) {
      const said = found?.[field as keyof Finding];
      if (value instanceof RegExp) expect(said).toMatch(value);
      else expect(said).toBe(value);
    }
  });

  it("tries nothing with a token that is not good", async () => {
    const findings = await examine({ credentials: { username, token: "KGAT_old" } });
    expect(findings).toMatchObject({ token: { state: "missing", found: expect.stringMatching(/not valid any more/) } });
    expect(Object.keys(findings)).toEqual(["token"]);
  });

  it("has the pipeline's notebook train, and shows in its words why it does not", async () => {
    await kaggle.setFaults({ lackingModules: ["tf2onnx"] });
    const findings = await examine({ gpu: true });
    expect(findings.photographs).toMatchObject({ state: "ok" });
    expect(findings["training on a GPU"]).toMatchObject({
      state: "missing",
      advice: expect.stringMatching(/tf2onnx/),
    });
    expect(findings["what was made"]).toMatchObject({ state: "ok" });
  });

  it("is a command that prints the same for programs, and whose exit code says that something is missing", async () => {
    await kaggle.setFaults({ datasetFails: true });
    const command = ["cli/main.ts", "doctor", "--kaggle", "--kaggle-url", `${kaggle.url}/api`, "--json"];
    const env = { ...process.env, KAGGLE_USERNAME: username, KAGGLE_KEY: key, KAGGLE_API_TOKEN: "" };
    const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((done) => {
      execFile(process.execPath, command, { cwd: root, env }, (error, out) => done({ code: error?.code, stdout: out }));
    });
    expect(code).toBe(1);
    const { findings } = JSON.parse(stdout);
    expect(findings).toContainEqual(
      expect.objectContaining({ section: "Dataset", check: "dataset", state: "missing" }),
    );
    expect(stdout).not.toContain(key);
  });
});
