import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildLayer, nativePackages } from "../layers/build.ts";
import { findPythonBin } from "./setup/find-python.ts";
import { lintTemplates } from "./setup/lint-templates.ts";
import { checkovVenv, root } from "./setup/paths.ts";
import { scanTemplates } from "./setup/scan-templates.ts";

/** Makes and checks the templates of every stage without credentials, and says in which order they deploy. */
for (const name of nativePackages) buildLayer(name, "x64");
const checkov = findPythonBin("checkov", checkovVenv);
const files = readdirSync(join(root, "config")).flatMap((file) => /^(\w+)\.json$/.exec(file)?.[1] ?? []);
for (const stage of files) {
  const output = `cdk.out/${stage}`;
  rmSync(join(root, output), { recursive: true, force: true });
  const cdk = (...args: string[]) =>
    execFileSync(process.execPath, [join(root, "node_modules/aws-cdk/bin/cdk"), ...args, "--no-notices"], {
      cwd: root,
      encoding: "utf8",
      // With CI set, cdk says what it does on the output that is read here, and failures alone on the other.
      env: { ...process.env, CI: "true" },
      stdio: ["ignore", "pipe", "inherit"],
    });
  // A finding of the security rules ends it with an error.
  cdk("synth", "--quiet", "-c", `stage=${stage}`, "-c", "checks=true", "--output", output);
  const stacks: { id: string; name: string }[] = JSON.parse(cdk("list", "--long", "--json", "--app", output));
  console.log(`Stage ${stage}, in the order in which its stacks deploy:`);
  const templates = stacks.map(({ id }) => `${output}/${id.split(" ")[0]}.template.json`);
  for (const [i, { name }] of stacks.entries()) console.log(`  ${name}: ${templates[i]}`);
  const found: Record<string, string> = {
    "security rules (AwsSolutions)": "",
    "cfn-lint": await lintTemplates(findPythonBin("cfn-lint"), templates),
    // What runs on this machine is open to its users.
    ...(stage !== "local" && { checkov: (await scanTemplates(checkov, templates)).findings.join("\n") }),
  };
  console.log(
    `  ${Object.entries(found)
      .map(([rules, said]) => `${rules}: ${said || "no finding"}`)
      .join("; ")}`,
  );
  if (Object.values(found).some(Boolean)) process.exitCode = 1;
}
