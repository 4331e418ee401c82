import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root as checkout } from "../../../scripts/setup/paths.ts";
import type { Image } from "./build-image.ts";
import { RootFolder } from "./root-folder.ts";

/** Node as npm ships it; the images have the same version or a newer one. */
const node = () => join(checkout, `node_modules/node-linux-${process.arch}/bin/node`);

/** Node's official image. */
export function nodeBase(): Pick<Image, "root" | "env"> {
  const root = new RootFolder([
    { name: "root", uid: 0, gid: 0, home: "/root" },
    { name: "node", uid: 1000, gid: 1000, home: "/home/node" },
  ]);
  root.copy(node(), "/usr/local/bin/node");
  return { root, env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" } };
}

/** What starts the handler in Lambda's image: AWS's own runtime client, the variables of which are documented. */
const runtimeFolder = "/var/runtime";
export const lambdaEntryPoint = [
  "/var/lang/bin/node",
  "--require",
  `${runtimeFolder}/rapid-client.cjs`,
  `${runtimeFolder}/index.mjs`,
];

/**
 * Lambda's image for Node: its variables are those of the Dockerfiles in aws/aws-lambda-base-images and of
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function lambdaBase(): Pick<Image, "root" | "env"> {
  // The user that Lambda runs every function as, whatever an image says.
  const root = new RootFolder([{ name: "sbx_user1051", uid: 993, gid: 990, home: "/home/sbx_user1051" }]);
  root.copy(node(), "/var/lang/bin/node");
  root.copy(fileURLToPath(import.meta.resolve("aws-lambda-ric")), `${runtimeFolder}/index.mjs`);
  root.copy(join(checkout, "test/support/lambda/rapid-client.cjs"), `${runtimeFolder}/rapid-client.cjs`);
  root.write(`${runtimeFolder}/rapid-client.node`, "");
  // RUN instructions find the packages' programs on their path.
  root.write("/var/lang/bin/npx", '#!/bin/sh\nexec "node_modules/.bin/$@"\n', 0o755);
  return {
    root,
    env: {
      LANG: "en_US.UTF-8",
      TZ: ":/etc/localtime",
      PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
      LD_LIBRARY_PATH: "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
      LAMBDA_TASK_ROOT: "/var/task",
      LAMBDA_RUNTIME_DIR: runtimeFolder,
    },
  };
}
