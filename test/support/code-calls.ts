import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** IAM's name for a service, where it is not the end of its package's name. */
const services: Record<string, string> = {
  sfn: "states",
  eventbridge: "events",
  "secrets-manager": "secretsmanager",
};

/** IAM's actions for a command, where they are not its name. */
const actionsOf: Record<string, string[]> = {
  "s3:HeadObject": ["s3:GetObject"],
  "s3:ListObjectsV2": ["s3:ListBucket"],
  // The task runs with roles that are handed to it, and has tags.
  "ecs:RunTask": ["ecs:RunTask", "ecs:TagResource", "iam:PassRole"],
  "lambda:Invoke": ["lambda:InvokeFunction"],
  "sagemaker:CreateTrainingJob": ["sagemaker:CreateTrainingJob", "sagemaker:AddTags", "iam:PassRole"],
  // The Data API signs in with a secret that its caller must be allowed to read.
  "rds-data:ExecuteStatement": ["rds-data:ExecuteStatement", "secretsmanager:GetSecretValue"],
};

/** What the methods of an S3Store ask of a role. Without the right to list S3 answers 403 for an object that is not there. */
const storeMethods: Record<string, string[]> = {
  head: ["s3:GetObject", "s3:ListBucket"],
  read: ["s3:GetObject", "s3:ListBucket"],
  readStream: ["s3:GetObject", "s3:ListBucket"],
  list: ["s3:ListBucket"],
  write: ["s3:PutObject"],
  writeIfUnchanged: ["s3:PutObject"],
  writeStream: ["s3:PutObject", "s3:AbortMultipartUpload"],
};

/** Names of the Lambdas. */
export const handlers = readdirSync(join(root, "lambdas")).filter((name) =>
  readdirSync(join(root, "lambdas", name)).includes("handler.ts"),
);

/**
 * The IAM actions that a program's code can ask for: its bundle without packages and without what is never used, in which
 * every command of an AWS client is looked for. Of a store those methods count that are called.
 */
export function actionsCalledBy(entry: string): string[] {
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    target: "node24",
    format: "esm",
    packages: "external",
    loader: { ".ipynb": "text", ".onnx": "binary" },
    logLevel: "silent",
  });
  const code = outputFiles[0]?.text ?? "";
  const found = new Set<string>();
  const store = /var S3Store = class[\s\S]*?\n};\n/.exec(code)?.[0];
  const rest = store ? code.replace(store, "") : code;
  for (const [command, service] of importedCommands(rest)) {
    const name = `${service}:${command}`;
    for (const action of actionsOf[name] ?? [name]) found.add(action);
  }
  for (const [method, actions] of store ? Object.entries(storeMethods) : []) {
    if (new RegExp(`\\.${method}\\(`).test(rest)) for (const action of actions) found.add(action);
  }
  if (/\bcreateSignedFetch\(\{/.test(rest)) found.add("execute-api:Invoke");
  return [...found].sort();
}

/** Commands and paginators that code uses, with their service. */
function importedCommands(code: string): [command: string, service: string][] {
  return [...code.matchAll(/import \{([^}]*)\} from "@aws-sdk\/client-([\w-]+)"/g)].flatMap(
    ([, names = "", client = ""]) =>
      names.split(",").flatMap((name) => {
        // One that is imported twice gets another name: `X as X2`.
        const [original = "", local = original] = name.trim().split(" as ");
        const command = /^(\w+)Command$/.exec(original)?.[1] ?? /^paginate(\w+)$/.exec(original)?.[1];
        const used = new RegExp(`\\b(new )?${local}\\(`).test(code);
        return command && used ? [[command, services[client] ?? client] as [string, string]] : [];
      }),
  );
}
