import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { backboneFolder } from "../../../scripts/setup/paths.ts";
import { readArguments, runCommand, usageError } from "../../terminal/command.ts";
import { bar, type Progress } from "../../terminal/progress.ts";
import { openBucket } from "../stage/bucket.ts";
import { downloadBackbone, mobilenet } from "./download.ts";
import { uploadBackbone } from "./upload.ts";

const usage = `npm run backbone -- download [--out <folder>] [--url <address>]
  fetches the published MobileNet (8.6 MB of its weights are kept), checks it, and cuts it after ${mobilenet.layer}
  --out   default: ${backboneFolder}
  --url   folder with its model.json; default: ${mobilenet.url}

npm run backbone -- upload --stage <stage> [--from <folder>]
  puts it into the data bucket of a stage, where its trainer may read it
  --from  default: ${backboneFolder}`;

const string = { type: "string" } as const;

/** `npm run backbone`. */
async function backbone(progress: Progress): Promise<void> {
  const [command, ...args] = process.argv.slice(2);
  if (command === "download") {
    const options = { out: { ...string, default: backboneFolder }, url: { ...string, default: mobilenet.url } };
    await download(readArguments({ args, options }, usage).values, progress);
  } else if (command === "upload") {
    const options = { stage: string, from: { ...string, default: backboneFolder } };
    const { stage, from } = readArguments({ args, options }, usage).values;
    if (!stage) throw usageError("--stage is needed.", usage);
    const data = await openBucket(stage, "DataBucket");
    const address = `s3://${data.bucket}/${await uploadBackbone(from, data)}`;
    progress.line(`The backbone is ${address}. To train on it:`);
    progress.line(
      `  npm run retrain -- --stage ${stage} --set hyperparameters.cnn=mobilenet --set backbone=${address}`,
    );
  } else {
    throw usageError(command ? `There is no '${command}'.` : "What is to be done?", usage);
  }
}

async function download(values: { out: string; url: string }, progress: Progress): Promise<void> {
  const out = resolve(values.out);
  if (existsSync(join(out, "model.json"))) {
    progress.line(`${out} has the backbone already. Remove the folder to fetch it anew.`);
    return;
  }
  await downloadBackbone({
    backbone: { ...mobilenet, url: values.url.replace(/\/+$/, "") },
    out,
    onProgress: (done, total) => progress.now(`${bar(done, total)}  ${(done / 1e6).toFixed(1)} MB`),
    onRetry: (sentence) => progress.line(sentence),
  });
  progress.now("");
  progress.line(`The backbone is in ${out}; its weights have the expected SHA-256.`);
  progress.line("Google's MobileNetV1, published by the TensorFlow.js team, Apache License 2.0.");
}

await runCommand(usage, backbone);
