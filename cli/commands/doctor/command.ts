import { STSClient } from "@aws-sdk/client-sts";
import { parseCredentials } from "../../../core/kaggle/credentials.ts";
import { kaggleApi } from "../../../core/kaggle/http.ts";
import { readCredentials } from "../../../local/kaggle/start.ts";
import type { Progress } from "../../terminal/progress.ts";
import { connectServer } from "../mlflow/connect.ts";
import { checkCredentials } from "./account/sign-in.ts";
import { examineAccount } from "./before.ts";
import { examineDeployed } from "./deployed.ts";
import { checkDocker } from "./docker.ts";
import { type Finding, formatSections, type Section } from "./finding.ts";
import { examineKaggle } from "./kaggle.ts";
import { examineLocal } from "./local.ts";
import { type CloudConfig, readSettings } from "./settings.ts";

export interface DoctorOptions {
  stage: string;
  /** Try each link of the deployed stage. */
  deployed?: true | undefined;
  /** Try Kaggle instead of a stage. */
  kaggle?: true | undefined;
  gpu?: true | undefined;
  /** Address of the API of another Kaggle. */
  kaggleUrl?: string | undefined;
  /** Print JSON. */
  json?: true | undefined;
}

/** Prints what a stage, or Kaggle, lacks. Sets the exit code to 1 when something is missing. */
export async function examine(options: DoctorOptions, progress: Progress): Promise<void> {
  const { stage, deployed = false, kaggle, gpu = false, kaggleUrl: baseUrl = kaggleApi, json } = options;
  const onWait = (text: string) => (json ? undefined : progress.now(text));
  const examined = kaggle ? { kaggle: baseUrl } : { stage };
  const sections = await (kaggle
    ? examineKaggle({ credentials: parseCredentials(await readCredentials(), "Kaggle"), baseUrl, gpu, onWait })
    : examineStage(stage, deployed, onWait));
  onWait("");
  progress.line(json ? JSON.stringify(toJson(examined, sections), null, 2) : formatSections(sections));
  const findings = sections.flatMap((section) => section.findings);
  if (findings.some(({ state }) => state === "missing")) process.exitCode = 1;
}

const examineStage = (stage: string, deployed: boolean, onWait: (text: string) => void) =>
  stage === "local" ? examineLocal(deployed, onWait) : examineCloud(stage, deployed, onWait);

function toJson(examined: object, sections: readonly Section[]): object {
  const findings = sections.flatMap(({ title, findings }) => findings.map((each) => ({ section: title, ...each })));
  return { ...examined, findings };
}

async function examineCloud(stage: string, deployed: boolean, onWait: (text: string) => void): Promise<Section[]> {
  const config = readSettings(stage);
  if (config.region) process.env.AWS_REGION = config.region;
  const machine = deployed ? [] : [{ title: "This machine", findings: await examineMachine(config) }];
  const client = new STSClient();
  const region = await client.config.region().catch(() => undefined);
  const title = "Sign-in";
  if (!region) {
    const advice = `Set AWS_REGION, or \`region\` in config/${stage}.json.`;
    return [...machine, { title, findings: [{ check: "region", state: "missing", found: "none is set", advice }] }];
  }
  const { finding, identity } = await checkCredentials(client, config.account);
  const signIn = { title, findings: [finding] };
  if (!identity || finding.state !== "ok") return [...machine, signIn];
  const sections = deployed
    ? await examineDeployed({ stage, connectMlflow: () => connectServer(stage), onWait })
    : await examineAccount({ config, account: identity.account, region });
  return [...machine, signIn, ...sections];
}

/** Images are built on this machine when a stage is deployed. MLflow and the trainer are x86-64 everywhere. */
function examineMachine({ predict }: CloudConfig): Promise<Finding[]> {
  return checkDocker(["amd64", ...(predict.architecture === "arm64" ? (["arm64"] as const) : [])]);
}
