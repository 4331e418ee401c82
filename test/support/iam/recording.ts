import { readFileSync } from "node:fs";
import type { RecordedCall } from "./record-calls.ts";

/** The calls that the end-to-end test of each way to train recorded last; it fails when it sees others. */
export const recordings = {
  local: new URL("../../fixtures/aws-calls.json", import.meta.url),
  kaggle: new URL("../../fixtures/aws-calls-kaggle.json", import.meta.url),
};

/** Each kind of call once, in order: what differs from run to run and makes no difference to a policy is left out. */
export function summariseCalls(lines: string): RecordedCall[] {
  const calls = lines
    .split("\n")
    .filter(Boolean)
    // Whether a short training beats once depends on the machine.
    .filter((line) => !line.includes("SendTaskHeartbeat"))
    .map((line) => summarise(JSON.parse(line)))
    .filter(({ service, path }) => service !== "http" || ownApis.test(path))
    .map((call) => JSON.stringify(call));
  return [...new Set(calls)].sort().map((call) => JSON.parse(call));
}

/** Paths of MLflow and of the predict API. Kaggle's are none of IAM's business. */
const ownApis = /^\/(api\/2\.0\/mlflow\/|health$|reload-model$)/;

function summarise({ body, path, ...call }: RecordedCall): RecordedCall {
  const url = new URL(path, "http://x");
  if (call.service === "s3") {
    // Of a key the first folder decides; the raw bucket is read as a whole.
    const [, bucket = "", folder = ""] = /^(\/[^/]+)(\/[^/]+\/)?/.exec(url.pathname) ?? [];
    const isKey = url.pathname.slice(1).includes("/") && !url.pathname.endsWith("/");
    const upload = url.searchParams.has("uploadId") || url.searchParams.has("uploads") ? "?uploadId=1" : "";
    return { ...call, path: `${bucket}${folder || "/"}${isKey ? "object" : ""}${upload}` };
  }
  if (call.service === "http")
    return { ...call, path: url.pathname.replace(/^\/_aws\/execute-api\/\w+\/\$default/, "") };
  if (call.service === "lambda") return { ...call, path: url.pathname };
  const { SecretId } = JSON.parse(body || "{}");
  return { ...call, path: "/", ...(SecretId && { body: JSON.stringify({ SecretId }) }) };
}

/** Calls as the file has them: one a line. */
export function formatCalls(calls: RecordedCall[]): string {
  return `[\n${calls.map((call) => `  ${JSON.stringify(call)}`).join(",\n")}\n]\n`;
}

/** The recorded calls. */
export function readRecordings(): RecordedCall[] {
  return Object.values(recordings).flatMap((url) => JSON.parse(readFileSync(url, "utf8")));
}
