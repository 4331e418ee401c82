import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { vi } from "vitest";
import { composeStacks } from "../../lib/compose.ts";
import { parseConfig } from "../../lib/config.ts";
import { localAws } from "../../local/ministack.ts";
import { root } from "../../scripts/setup/paths.ts";
import { run } from "../../scripts/setup/run.ts";
import { Assembly } from "./assembly.ts";
import { startDataApi } from "./data-api.ts";
import { startTestMinistack, type TestService } from "./ministack.ts";
import { type Answer, runNpm } from "./npm.ts";
import { TestPostgres } from "./postgres.ts";

/** What the emulator does not know; docs/first-deployment.md says how an account shows that it works. */
export const unknownTypes = [
  "AWS::ApiGatewayV2::VpcLink",
  "AWS::EC2::FlowLog",
  "AWS::EC2::SecurityGroupEgress",
  "AWS::EC2::SecurityGroupIngress",
];
const unknownAttributes = ["MasterUserSecret.SecretArn"];
const { context } = JSON.parse(readFileSync(join(root, "cdk.json"), "utf8"));

/** An AWS account that is an emulator, and whose database, reached by the Data API, is a real PostgreSQL. */
export class EmulatedAccount {
  readonly folder = mkdtempSync(join(tmpdir(), "account-"));
  readonly postgres: TestPostgres;
  readonly dataApi: Awaited<ReturnType<typeof startDataApi>>;
  readonly aws: TestService;

  private constructor(postgres: TestPostgres, dataApi: EmulatedAccount["dataApi"], aws: TestService) {
    this.postgres = postgres;
    this.dataApi = dataApi;
    this.aws = aws;
  }

  /** Starts it, and prepares it for the CDK. Stop it in `afterAll`. */
  static async start(): Promise<EmulatedAccount> {
    const postgres = await TestPostgres.start();
    const dataApi = await startDataApi(postgres);
    // The emulator hands its environment on to its Lambdas.
    vi.stubEnv("AWS_ENDPOINT_URL_RDS_DATA", dataApi.endpoint);
    const account = new EmulatedAccount(postgres, dataApi, await startTestMinistack());
    await account.cdk(["bootstrap", "aws://000000000000/us-east-1"]);
    return account;
  }

  /** The templates of a stage's configuration, but for what the emulator does not know and for images. */
  synthesise(config: { stage: string; [key: string]: unknown }, settings = "first"): Assembly {
    const app = new App({
      outdir: join(this.folder, `${config.stage}-${settings}`),
      context,
      analyticsReporting: false,
    });
    composeStacks(app, parseConfig(config, `config/${config.stage}.json`));
    const assembly = new Assembly(app.synth().directory);
    assembly.leaveOut(unknownTypes, unknownAttributes);
    assembly.leaveOutImages();
    return assembly;
  }

  /** `cdk deploy --all`. @throws SetupError with the last lines when it fails */
  deploy(assembly: Assembly): Promise<void> {
    return this.cdk(["deploy", "--all", "--require-approval", "never", "--app", assembly.folder]);
  }

  /** Runs `npm run <name> -- <arguments>` in this account; `input` is what people type. */
  npm(command: string, input?: string, more: Record<string, string> = {}): Promise<Answer> {
    return runNpm(command, { ...this.environment(), ...more }, input);
  }

  async stop(): Promise<void> {
    vi.unstubAllEnvs();
    await this.aws.stop();
    await this.dataApi.stop();
    await this.postgres.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The CDK's command, with a home folder without AWS credentials and an output folder that no other process locks. */
  cdk(args: string[]): Promise<void> {
    const output = args.includes("--app") ? [] : ["--output", join(this.folder, "cdk.out")];
    const env = { ...this.environment(), CI: "true", CDK_VALIDATION: "false" };
    return run("cdk", [...args, ...output, "--no-notices"], { cwd: root, env, logFile: join(this.folder, "cdk.log") });
  }

  private environment() {
    return { ...localAws(this.aws.url), PATH: `${root}/node_modules/.bin:${process.env.PATH}`, HOME: this.folder };
  }
}
