import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Finding } from "../../../cli/commands/doctor/finding.ts";
import { localAws } from "../../../local/ministack.ts";
import { root } from "../../../scripts/setup/paths.ts";
import { failedDeployment, freshAccount, onlySignedIn } from "../../fixtures/recorded-accounts.ts";
import { type Recording, startRecordedAws } from "../../support/recorded-aws.ts";

let stop: (() => Promise<unknown>) | undefined;
afterEach(() => stop?.());

interface Said {
  code: number;
  /** Findings by check, those of this machine left out: it may have Docker or not. */
  findings: Record<string, Finding>;
}

/** Runs the command as a person does, against recorded answers. */
async function run(recording: Recording, ...args: string[]): Promise<{ code: number; said: string }> {
  const server = await startRecordedAws(recording);
  stop = server.stop;
  const env = { ...process.env, ...localAws(server.url) };
  const script = join(root, "cli/main.ts");
  return new Promise((resolve) =>
    execFile(process.execPath, [script, "doctor", ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    ),
  );
}

async function doctor(recording: Recording, ...args: string[]): Promise<Said> {
  const { code, said } = await run(recording, "--json", ...args);
  const found: (Finding & { section: string })[] = JSON.parse(said).findings;
  const elsewhere = found.filter(({ section }) => section !== "This machine");
  return { code, findings: Object.fromEntries(elsewhere.map((each) => [each.check, each])) };
}

const statesOf = (findings: Record<string, Finding>, state: Finding["state"]) =>
  Object.values(findings)
    .filter((finding) => finding.state === state)
    .map(({ check }) => check);

describe("doctor, on recorded answers", () => {
  it("says of a fresh account what has to be done before the first deployment", async () => {
    const { code, findings } = await doctor(freshAccount, "--stage", "dev");
    expect(code).toBe(1);
    expect(statesOf(findings, "missing")).toEqual([
      "CDK bootstrap",
      "role of ECS",
      "role of RDS",
      "availability zones",
    ]);
    expect(statesOf(findings, "warning")).toEqual(["Lambda concurrency"]);
    expect(statesOf(findings, "unknown")).toEqual([]);
    expect(findings["CDK bootstrap"]?.advice).toBe("npx cdk bootstrap aws://123456789012/us-east-1");
    expect(findings["availability zones"]?.advice).toBe(
      'Add to config/dev.json: "availabilityZones": ["us-east-1a","us-east-1c"]',
    );
    expect(findings.cost?.found).toMatch(/^\d+\.\d\d US dollars a month without use$/);
    expect(findings["Fargate CPUs"]?.found).toBe("6 at once, 5 are needed");
  });

  it("says the same to people, each advice below its problem", async () => {
    const { said } = await run(freshAccount, "--stage", "dev");
    expect(said).toMatch(
      /✘ role of ECS {12}this account does not have AWSServiceRoleForECS yet\n {25}aws iam create-service-linked-role --aws-service-name ecs\.amazonaws\.com\n/,
    );
    expect(said).toMatch(/✘ to fix first, 1 ! to know\.\n$/);
  });

  it("finds what a failed first deployment left, and the way out", async () => {
    const { code, findings } = await doctor(failedDeployment, "--stage", "prod");
    expect(code).toBe(1);
    expect(findings["stack data"]).toMatchObject({
      state: "missing",
      found: "ROLLBACK_FAILED: AWS::RDS::DBCluster : Verify that you have permission to create service linked role.",
      advice: [
        "Delete AWS::EC2::VPC vpc-0a1b2c by hand (The vpc has dependencies and cannot be deleted.).",
        "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name avocado-prod-data",
        "aws cloudformation delete-stack --stack-name avocado-prod-data",
      ].join("\n"),
    });
    expect(findings.bucket).toMatchObject({
      state: "missing",
      found: expect.stringContaining("avocado-prod-raw-123456789012-us-east-1 exists"),
    });
    expect(findings["name of a secret"]?.found).toMatch(/scheduled for deletion/);
    expect(findings["name of a log group"]?.advice).toBe(
      "aws logs delete-log-group --log-group-name /avocado/prod/predict",
    );
  });

  it("tells what it may not ask from what is missing, and needs no more than a sign-in to say so", async () => {
    const { findings } = await doctor(onlySignedIn, "--stage", "dev");
    expect(statesOf(findings, "missing")).toEqual([]);
    const unknown = Object.values(findings).filter(({ state }) => state === "unknown");
    expect(unknown.length).toBeGreaterThan(8);
    for (const { check, permission } of unknown) expect(permission, check).toBeTruthy();
  });
});
