import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  permissions?: Record<string, string>;
  needs?: string | string[];
  if?: string;
  uses?: string;
  environment?: string;
  strategy?: { matrix: Record<string, string[]> };
  concurrency?: Record<string, unknown>;
  steps?: Step[];
  "timeout-minutes"?: number;
}
interface Workflow {
  permissions?: Record<string, string>;
  jobs: Record<string, Job>;
}

/** As GitHub writes it. */
const expression = (name: string) => `\${{ ${name} }}`;

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string) => readFileSync(`${root}${file}`, "utf8");
const scripts: Record<string, string> = JSON.parse(read("package.json")).scripts;

const folder = ".github/workflows";
const texts = Object.fromEntries(readdirSync(`${root}${folder}`).map((name) => [name, read(`${folder}/${name}`)]));
const workflows = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, parse(text) as Workflow]));
const jobs = Object.entries(workflows).flatMap(([name, workflow]) =>
  Object.entries(workflow.jobs).map(([id, job]) => ({ ...job, name: `${name} ${id}` })),
);
const steps = jobs.flatMap(({ steps = [] }) => steps);
const commands = steps.flatMap(({ run }) => run ?? []);

describe("workflows", () => {
  it("call nothing but npm scripts and files that exist", () => {
    const npm = commands.flatMap((command) => [...command.matchAll(/npm (?:run )?([\w-]+)/g)].map(([, name]) => name));
    expect(npm.filter((name = "") => name !== "ci" && !(name in scripts))).toEqual([]);
    const programs = commands.flatMap((command) => [...command.matchAll(/npx ([\w-]+)/g)].map(([, name]) => name));
    expect(programs.filter((name) => !existsSync(`${root}node_modules/.bin/${name}`))).toEqual([]);
    const files = commands.flatMap((command) => [...command.matchAll(/(?<=^|\s)\.?[\w-]+\/[\w./-]+/g)].map(String));
    const dockerfiles = jobs.flatMap(({ strategy }) => strategy?.matrix.file ?? []);
    expect([...files, ...dockerfiles]).toEqual(expect.arrayContaining([".ci/run", "training/Dockerfile"]));
    expect([...files, ...dockerfiles].filter((file) => !existsSync(`${root}${file}`))).toEqual([]);
  });

  it("call every check that npm run check does", () => {
    const [, ...checks] = scripts.check?.split(" ") ?? [];
    const called = commands.join("\n");
    const names = checks.filter((check) => !check.startsWith("-"));
    expect(names).toContain("lint");
    // The unit tests are one of the kinds of test.
    expect(names.filter((name) => name !== "unit" && !called.includes(`npm run ${name}`))).toEqual([]);
  });

  it("begin without permissions, and give each job its own", () => {
    expect(Object.values(workflows).map(({ permissions }) => permissions)).toEqual(
      Object.values(workflows).map(() => ({})),
    );
    expect(jobs.filter(({ permissions }) => permissions === undefined).map(({ name }) => name)).toEqual([]);
    const writing = jobs.filter(({ permissions = {} }) => Object.values(permissions).includes("write"));
    expect(Object.fromEntries(writing.map(({ name, permissions }) => [name, permissions]))).toEqual({
      "codeql.yml analyze": { contents: "read", actions: "read", "security-events": "write" },
      "deploy.yml deploy": { contents: "read", "id-token": "write" },
      "release.yml dev": { contents: "read", "id-token": "write" },
      "release.yml prod": { contents: "read", "id-token": "write" },
    });
  });

  it("name actions by the hash of a commit, with the version that it is", () => {
    const uses = Object.values(texts).flatMap((text) => [...text.matchAll(/uses: (.*)/g)].map(([, what = ""]) => what));
    const local = /^\.\/\.github\/workflows\/[\w-]+\.yml$/;
    expect(uses.filter((what) => !local.test(what) && !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(what))).toEqual(
      [],
    );
    const versions = new Map<string, Set<string>>();
    for (const what of uses) {
      const [, action = "", version = ""] = /^([\w-]+\/[\w-]+)\S*@(.*)$/.exec(what) ?? [];
      versions.set(action, (versions.get(action) ?? new Set()).add(version));
    }
    expect([...versions].filter(([, found]) => found.size > 1)).toEqual([]);
  });

  it("end by themselves, and leave no credentials in the checkout", () => {
    const endless = jobs.filter((job) => !job.uses && !job["timeout-minutes"]);
    expect(endless.map(({ name }) => name)).toEqual([]);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.length).toBeGreaterThan(0);
    expect(checkouts.filter((step) => step.with?.["persist-credentials"] !== false)).toEqual([]);
  });

  it("hold no key: credentials come from the role of the environment", () => {
    expect(Object.values(texts).join("\n")).not.toMatch(/secrets\.|aws-access-key-id/);
    const credentials = steps.find(({ uses }) => uses?.startsWith("aws-actions/configure-aws-credentials@"));
    expect(credentials?.with).toEqual({
      "role-to-assume": expression("vars.AWS_ROLE"),
      "aws-region": expression("vars.AWS_REGION"),
    });
  });
});

describe("the required check", () => {
  const { required, ...others } = workflows["ci.yml"]?.jobs ?? {};

  it("waits for every other job, however they end", () => {
    expect([...(required?.needs ?? [])].sort()).toEqual(Object.keys(others).sort());
    expect(required?.if).toBe("always()");
  });

  it.each([
    ["success success", 0],
    ["success failure", 1],
    ["skipped success", 1],
    ["success cancelled success", 1],
  ])("of %s exits with %i", (results, code) => {
    const { status } = spawnSync("bash", ["-e", "-c", required?.steps?.[0]?.run ?? ""], {
      env: { ...process.env, RESULTS: results },
    });
    expect(status).toBe(code);
  });
});

describe("a deployment", () => {
  const release = workflows["release.yml"]?.jobs ?? {};
  const deploy = workflows["deploy.yml"]?.jobs.deploy;

  it("is of dev after the tests and the images, of prod after dev", () => {
    expect(release.dev?.needs).toEqual(["ci", "api-image", "image"]);
    expect(release.ci?.uses).toBe("./.github/workflows/ci.yml");
    expect(release.prod?.needs).toBe("dev");
  });

  it("is approved by the environment, and goes to its end before the next one of the stage", () => {
    expect(deploy?.environment).toBe(expression("inputs.stage"));
    expect(deploy?.concurrency).toEqual({ group: `deploy-${expression("inputs.stage")}`, "cancel-in-progress": false });
  });
});
