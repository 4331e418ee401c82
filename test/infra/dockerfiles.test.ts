import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/setup/paths.ts";
import { findDeadPragmas, lintDockerfile } from "../support/checks/hadolint.ts";
import { images } from "../support/images.ts";

/** Instructions of a Dockerfile from the first to the end of the stage that is wanted. */
function instructions(text: string, target?: string): string[] {
  const all = text
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => /^[A-Z]+ /.test(line));
  const first = all.findIndex((line) => line.endsWith(` AS ${target}`));
  const next = all.findIndex((line, i) => i > first && line.startsWith("FROM "));
  return first < 0 || next < 0 ? all : all.slice(0, next);
}

const dockerfiles = [
  "lambdas/predict/Dockerfile",
  "mlflow-task/Dockerfile",
  "training/Dockerfile",
  "training/sagemaker/Dockerfile",
];

describe.each(dockerfiles)("%s", (file) => {
  const image = images().find(({ dockerFile }) => dockerFile === file);
  const lines = instructions(readFileSync(join(root, file), "utf8"), image?.dockerBuildTarget);

  it("is what hadolint asks for", () => {
    expect(lintDockerfile(join(root, file))).toBe("");
  });

  it("has hadolint ignore only what it finds", () => {
    expect(findDeadPragmas(join(root, file))).toEqual([]);
  });

  it("finds in its build context all that it copies, up to the stage that is deployed", () => {
    const copied = lines
      .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(copied.length).toBeGreaterThan(1);
    expect(copied.filter((path) => !existsSync(join(image?.directory ?? "", path)))).toEqual([]);
  });

  it("lets its user read what comes from a checkout, whose files may be their owner's alone", () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
    const user = last.findIndex((line) => line.startsWith("USER "));
    const installed = last.findIndex((line) => line.includes("pip install"));
    const copied = last
      .slice(installed + 1, user < 0 ? undefined : user)
      .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    const readable = last.find((line) => line.startsWith("RUN chmod "))?.split(/\s+/) ?? [];
    const names = (path: string) => path.split("/").at(-1);
    expect(readable.map(names)).toEqual(expect.arrayContaining(copied.map(names)));
  });

  it("is based on images of one registry, named by version and system", () => {
    const bases = lines.flatMap((line) => /^FROM (\S+\.\S+)/.exec(line)?.[1] ?? []);
    expect(bases).not.toEqual([]);
    for (const base of bases)
      expect(base).toMatch(/^public\.ecr\.aws\/(docker\/library\/\w+:\d[\w.-]*bookworm[\w-]*|lambda\/nodejs:\d+)$/);
  });
});

it("has a test for every image that is deployed", () => {
  expect(
    images()
      .map(({ dockerFile }) => dockerFile)
      .sort(),
  ).toEqual(dockerfiles);
});

it("hadolint finds a package of no version, and a pragma that ignores nothing is found", () => {
  const file = join(mkdtempSync(join(tmpdir(), "dockerfile-")), "Dockerfile");
  const lines = ["FROM debian:12", "# hadolint ignore=DL3008,DL3015", "", "RUN true", "RUN apt-get install -y curl"];
  writeFileSync(file, lines.join("\n"));
  expect(lintDockerfile(file)).toContain("DL3008");
  expect(findDeadPragmas(file)).toEqual([
    "line 2 ignores DL3008, which line 4 does not give",
    "line 2 ignores DL3015, which line 4 does not give",
  ]);
});
