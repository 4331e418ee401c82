import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareFolder } from "../../../../core/dataset/prepare.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import { type KernelRef, lastLines } from "../../../../core/kaggle/kernels.ts";
import { injectParameters } from "../../../../core/kaggle/notebook.ts";
import { saveKernel } from "../../../../lambdas/push-kernel/save-kernel.ts";
import { findKernel } from "../../../../lambdas/shared/find-kernel.ts";
import { uploadDataset } from "../../../../lambdas/upload-dataset/logic.ts";
import { ensureSample } from "../../../../local/sample.ts";
import { localFolder } from "../../../../scripts/setup/paths.ts";
import { bar } from "../../../terminal/progress.ts";
import type { Finding } from "../finding.ts";
import { type Contact, tryOut, until } from "./contact.ts";

/** Fruits enough for a training, a validation and a test. */
const sample = { fruits: 6, seed: 3 };

/** Has the pipeline's own notebook train an epoch of each phase on a GPU, with the generated sample. */
export async function examineTraining(contact: Contact, machineShape: string): Promise<Finding[]> {
  const { kaggle, name } = contact;
  let source: string | undefined;
  const data = await tryOut("photographs", async () => {
    const uploaded = await upload(contact);
    source = uploaded.value;
    return { state: "ok", found: `uploaded and ready after ${uploaded.seconds} s` };
  });
  if (source === undefined) return [data];
  const ref = { owner: kaggle.owner, slug: `${name}-gpu` };
  const notebook = await readFile(new URL("../../../../training/kaggle/train.ipynb", import.meta.url), "utf8");
  const kernel = {
    ...ref,
    title: ref.slug,
    notebook: injectParameters(notebook, { epochs: 1, batch_size: 8, require_gpu: true }),
    datasets: [source],
    gpu: true,
    machineShape,
    internet: true,
    timeout: 3600,
  };
  const training = await tryOut("training on a GPU", async () => {
    const saved = await saveKernel(kernel, false, kaggle);
    const pushed: KernelRef = { ...ref, version: saved.version };
    const ended = await until(contact, "the training's end", async () => {
      const state = await findKernel(kaggle, pushed);
      return ["COMPLETE", "ERROR", "CANCEL_ACKNOWLEDGED"].includes(state?.status ?? "") ? state : undefined;
    });
    const { files, log } = await kaggle.kernels.outputs(pushed);
    const said = lastLines(log, 100);
    if (ended.value?.status !== "COMPLETE") {
      return { state: "missing", found: `${ended.value?.said} after ${ended.seconds} s`, advice: lastLines(log, 15) };
    }
    const lines = said.split("\n").filter((line) => /^TensorFlow|epoch|ONNX differs/.test(line));
    const whole = files.some(({ fileName }) => fileName === "run.json");
    if (!whole) return { state: "missing", found: "COMPLETE, but without run.json", advice: said };
    return { state: "ok", found: `COMPLETE after ${ended.seconds} s`, advice: lines.join("\n") };
  });
  return [data, training];
}

/** Uploads the generated sample, prepared as the pipeline does. @returns it as a kernel names it, once it is ready */
async function upload(contact: Contact): Promise<{ value: string; seconds: number }> {
  const { kaggle, name, onWait, pause, timeout } = contact;
  const folder = join(localFolder, "first-contact");
  const showRendering = (done: number, total: number) => onWait(`Rendering photographs ${bar(done, total)}`);
  const photographs = await ensureSample(join(folder, "sample"), showRendering, sample);
  onWait("Preparing the photographs");
  const { ref: dataset } = await prepareFolder(photographs, join(folder, "prepared"));
  const clients = {
    kaggle,
    data: new FolderStore(join(folder, "prepared")),
    dataset: { slug: `${name}-photos`, title: `${name}-photos`, licence: "CC0-1.0", keepVersions: true },
    gpu: true,
    waitSeconds: pause / 1000,
    timeoutSeconds: timeout / 1000,
  };
  let previous: Awaited<ReturnType<typeof uploadDataset>> | undefined;
  return until(contact, "the photographs", async () => {
    previous = await uploadDataset({ dataset, previous }, clients);
    return previous.ready ? previous.source : undefined;
  });
}
