import { existsSync } from "node:fs";
import { errorMessage } from "../../../core/errors.ts";
import { useLocalAws } from "../../../local/ministack.ts";
import { findRunningStack } from "../../../local/state.ts";
import { pythonBin } from "../../../scripts/setup/paths.ts";
import { connectServer } from "../mlflow/connect.ts";
import { examineDeployed } from "./deployed.ts";
import type { Finding, Section } from "./finding.ts";

/** The same for stage `local`: this machine, and with `deployed` each link of the stack that `npm start` runs here. */
export async function examineLocal(deployed: boolean, onWait: (text: string) => void): Promise<Section[]> {
  const title = "This machine";
  if (!deployed) return [{ title, findings: [examinePython(), examineStack("warning")] }];
  const stack = examineStack("missing");
  if (stack.state === "missing") return [{ title, findings: [stack] }];
  const { urls } = findRunningStack();
  useLocalAws(urls.aws);
  const connectMlflow = () => connectServer("local");
  const sections = await examineDeployed({ stage: "local", apiUrl: urls.api, connectMlflow, onWait });
  return [{ title, findings: [stack] }, ...sections];
}

function examinePython(): Finding {
  const check = "Python environment";
  if (existsSync(pythonBin("ministack"))) return { check, state: "ok", found: "set up" };
  return { check, state: "missing", found: "not set up", advice: "npm start" };
}

function examineStack(state: "missing" | "warning"): Finding {
  const check = "local stack";
  try {
    return { check, state: "ok", found: Object.values(findRunningStack().urls).join("  ") };
  } catch (error) {
    return { check, state, found: errorMessage(error) };
  }
}
