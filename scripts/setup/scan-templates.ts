import { execFile } from "node:child_process";
import { basename } from "node:path";
import { promisify } from "node:util";
import { type AcceptedFinding, acceptedFindings } from "./accepted-findings.ts";
import { root } from "./paths.ts";

/** What checkov says of templates. */
export interface Scan {
  /** What is not accepted, one a line of text; nothing when all is well. */
  findings: string[];
  /** Accepted findings that are not there. */
  dead: AcceptedFinding[];
}

interface Report {
  results: { failed_checks: { check_id: string; check_name: string; resource: string; file_path: string }[] };
  summary: { parsing_errors: number };
}

/**
 * Has checkov look for what is insecure in templates. It asks nothing of the network.
 * @throws Error when it fails, cannot read a template, or finds no resource at all
 */
export async function scanTemplates(
  checkov: string,
  templates: readonly string[],
  accepted: readonly AcceptedFinding[] = acceptedFindings,
): Promise<Scan> {
  const files = templates.flatMap((template) => ["--file", template]);
  const options = ["--framework", "cloudformation", "--skip-download", "--quiet", "--soft-fail", "--output", "json"];
  const env = { ...process.env, CKV_SKIP_PACKAGE_UPDATE_CHECK: "true" };
  const { stdout } = await promisify(execFile)(checkov, [...files, ...options], { cwd: root, env, maxBuffer: 1e8 });
  const { results, summary } = JSON.parse(stdout) as Partial<Report>;
  if (!results || summary?.parsing_errors !== 0) throw new Error(`checkov cannot read the templates: ${stdout}`);
  const failed = results.failed_checks;
  const isAccepted = ({ check, resource }: AcceptedFinding, finding: (typeof failed)[number]) =>
    check === finding.check_id && resource.test(finding.resource);
  return {
    findings: failed
      .filter((finding) => !accepted.some((one) => isAccepted(one, finding)))
      .map(
        ({ check_id, check_name, resource, file_path }) =>
          `${basename(file_path)}: ${resource}: ${check_id} ${check_name}`,
      ),
    dead: accepted.filter((one) => !failed.some((finding) => isAccepted(one, finding))),
  };
}
