import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { bar, type Progress } from "../../terminal/progress.ts";
import { openBucket } from "../stage/bucket.ts";
import { downloadBackbone } from "./download.ts";
import { mobilenet } from "./mobilenet.ts";
import { uploadBackbone } from "./upload.ts";

/** Uploads a backbone to the data bucket of a stage, and prints how to train on it. */
export async function upload({ stage, from }: { stage: string; from: string }, progress: Progress): Promise<void> {
  const data = await openBucket(stage, "DataBucket");
  const address = `s3://${data.bucket}/${await uploadBackbone(from, data)}`;
  progress.line(`The backbone is ${address}. To train on it:`);
  progress.line(`  npm run retrain -- --stage ${stage} --set hyperparameters.cnn=mobilenet --set backbone=${address}`);
}

/** Downloads the published MobileNet into a folder, unless it is there. */
export async function download(values: { out: string; url: string }, progress: Progress): Promise<void> {
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
