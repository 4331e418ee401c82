import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freePort } from "../../../../local/service.ts";
import { kaggleVenv } from "../../../../scripts/setup/paths.ts";

const { cells } = JSON.parse(readFileSync(new URL("../../../../training/kaggle/train.ipynb", import.meta.url), "utf8"));
const reporterCell = cells
  .map(({ source }: { source: string[] }) => source.join(""))
  .find((source: string) => source.includes("class Reporter"));

it("ends no training because MLflow went away", async () => {
  const program = `
import os, types
keras = types.SimpleNamespace(callbacks=types.SimpleNamespace(Callback=object))
tracking_uri, tracking_username, tracking_password = "http://127.0.0.1:${await freePort()}", "", ""
run_id, head_run_id = "a", "b"
${reporterCell}
reporter.attempt(reporter.log_parameters, "head", {"phase": "head", "weights": "none"})
reporter.attempt(reporter.report, "head", [])
reporter.attempt(reporter.close_runs)
print("went on")
`;
  const said = execFileSync(join(kaggleVenv, "bin/python"), ["-c", program], { encoding: "utf8" });
  expect(said).toMatch(/is not told any more: [\s\S]*went on\n$/);
});
