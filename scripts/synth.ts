import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { buildLayer, nativePackages } from "../layers/build.ts";
import { root } from "./setup/paths.ts";

/** Makes the templates of every stage without credentials, and says where they are and in which order they deploy. */
for (const name of nativePackages) buildLayer(name, "x64");
for (const stage of ["local", "prod"]) {
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
  cdk("synth", "--quiet", "-c", `stage=${stage}`, "--output", output);
  const stacks: { id: string; name: string }[] = JSON.parse(cdk("list", "--long", "--json", "--app", output));
  console.log(`Stage ${stage}, in the order in which its stacks deploy:`);
  for (const { id, name } of stacks) console.log(`  ${name}: ${output}/${id.split(" ")[0]}.template.json`);
}
