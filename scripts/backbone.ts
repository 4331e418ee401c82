import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { downloadBackbone, mobilenet } from "./download/backbone.ts";
import { readArguments, runCommand, wrongUsage } from "./local/command.ts";
import { bar, type Progress } from "./local/progress.ts";
import { backboneFolder } from "./setup/paths.ts";

const usage = `npm run backbone -- download [--out <folder>] [--url <address>]
  fetches the published MobileNet (8.6 MB of its weights are kept), checks it, and cuts it after ${mobilenet.layer}
  --out   default: ${backboneFolder}
  --url   folder with its model.json; default: ${mobilenet.url}`;

/** `npm run backbone`. */
async function backbone(progress: Progress): Promise<void> {
  const string = { type: "string" } as const;
  const options = { out: { ...string, default: backboneFolder }, url: { ...string, default: mobilenet.url } };
  const { values, positionals } = readArguments({ options, allowPositionals: true }, usage);
  if (positionals.join(" ") !== "download") throw wrongUsage("What is to be done?", usage);
  const out = resolve(values.out);
  if (existsSync(join(out, "model.json"))) {
    progress.line(`${out} has the backbone already. Remove the folder to fetch it anew.`);
    return;
  }
  await downloadBackbone({
    backbone: { ...mobilenet, url: values.url.replace(/\/+$/, "") },
    out,
    onProgress: (done, total) => progress.now(`${bar(done, total)}  ${(done / 1e6).toFixed(1)} MB`),
    onTrouble: (sentence) => progress.line(sentence),
  });
  progress.now("");
  progress.line(`The backbone is in ${out}; its weights have the expected SHA-256.`);
  progress.line("Google's MobileNetV1, published by the TensorFlow.js team, Apache License 2.0.");
}

await runCommand(usage, backbone);
