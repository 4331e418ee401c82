import { describe, expect, it } from "vitest";
import { checkDocker, type Processor } from "../../../../../cli/commands/doctor/docker.ts";

describe("Docker", () => {
  const docker = (architecture: string, platforms = "", wanted: Processor[] = ["amd64"]) =>
    checkDocker(wanted, async (_, [what]) => (what === "info" ? `${architecture}\n` : platforms));

  it("is missing where it does not answer", async () => {
    expect(await checkDocker(["amd64"], () => Promise.reject(new Error("ENOENT")))).toMatchObject([
      { state: "missing" },
    ]);
  });

  it.each([
    ["x86_64", "", "ok"],
    ["aarch64", "Platforms: linux/arm64, linux/amd64", "ok"],
    ["aarch64", "Platforms: linux/arm64", "missing"],
  ])("builds for x86-64 on %s with '%s': %s", async (architecture, platforms, state) => {
    expect((await docker(architecture, platforms))[1]?.state).toBe(state);
  });

  it.each([
    ["", "missing"],
    ["Platforms: linux/amd64, linux/arm64", "ok"],
  ])("is asked for arm64 too where predictions run on it: '%s' is %s", async (platforms, state) => {
    const [, , arm] = await docker("x86_64", platforms, ["amd64", "arm64"]);
    expect(arm).toMatchObject({ check: "images for arm64", state });
  });
});
