import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import { type KernelRef, type KernelState, lastLines, type NewKernel } from "../../../../core/kaggle/kernels.ts";
import { findKernel } from "../../../../lambdas/shared/find-kernel.ts";
import type { Finding } from "../finding.ts";
import { type Contact, differs, holds, tryOut, until } from "./contact.ts";
import { hashOf, unpackings, uploads } from "./dataset.ts";

const look = z.object({
  root: z.string(),
  files: z.array(z.object({ path: z.string(), sha256: z.string(), bytes: z.int() })),
  python: z.string(),
  lacking: z.array(z.string()),
  internet: z.boolean(),
  gpus: z.array(z.string()),
  cpus: z.int(),
});
type Look = z.infer<typeof look>;

/** Runs a notebook that says what it finds, on a CPU, and compares it with what the pipeline assumes. */
export async function examineKernel(contact: Contact, version: number): Promise<Finding[]> {
  const { kaggle, name } = contact;
  const ref = { owner: kaggle.owner, slug: name };
  const kernel: NewKernel = {
    ...ref,
    title: name,
    notebook: notebookOf(await readFile(new URL("look.py", import.meta.url), "utf8")),
    datasets: [`${kaggle.owner}/${name}/${version}`],
    gpu: false,
    internet: true,
    timeout: 1800,
  };
  const findings: Finding[] = [];
  let pushed: KernelRef | undefined;
  findings.push(
    await tryOut("push of a kernel", async () => {
      let saved = await kaggle.kernels.push(kernel);
      const versioned = saved.lacking.length === 0;
      if (!versioned) {
        await kaggle.kernels.delete(ref);
        saved = await kaggle.kernels.push({ ...kernel, datasets: [`${kaggle.owner}/${name}`] });
      }
      pushed = { ...ref, version: saved.version };
      const source = "a dataset under its version";
      if (versioned) return { state: "ok", found: `taken, with ${source}` };
      return differs("", `taken, but not with ${source}`, `a kernel may name ${source}`);
    }),
  );
  if (!pushed) return findings;
  return [...findings, ...(await watch(contact, pushed))];
}

async function watch(contact: Contact, kernel: KernelRef): Promise<Finding[]> {
  const { kaggle } = contact;
  let state: KernelState | undefined;
  const status = await tryOut("status of the kernel", async () => {
    const shown = await until(contact, "a status of the kernel", () => kaggle.kernels.status(kernel));
    const unknown = new Set<string>();
    const ended = await until(contact, "the kernel's end", async () => {
      state = await findKernel(kaggle, kernel);
      if (state?.status === "UNKNOWN") unknown.add(state.said);
      return ["COMPLETE", "ERROR", "CANCEL_ACKNOWLEDGED"].includes(state?.status ?? "") ? state : undefined;
    });
    const found = `${ended.value?.said} after ${shown.seconds + ended.seconds} s, first shown after ${shown.seconds} s`;
    if (ended.value?.status !== "COMPLETE") {
      const { log } = await kaggle.kernels.outputs(kernel);
      const said = [ended.value?.failureMessage, lastLines(log, 10)].filter(Boolean).join("\n");
      return { state: "missing", found, advice: said || "Its log is empty." };
    }
    if (unknown.size === 0) return { state: "ok", found };
    return differs("", `${found}; also ${[...unknown].join(", ")}`, "the statuses in core/kaggle/status.ts");
  });
  if (status.state === "missing") return [status];
  const read = await readLook(contact, kernel);
  return [status, read.finding, ...(read.look ? examineLook(read.look, contact) : [])];
}

async function readLook({ kaggle }: Contact, kernel: KernelRef): Promise<{ finding: Finding; look?: Look }> {
  let found: Look | undefined;
  const finding = await tryOut("files of the kernel", async () => {
    const { files, log } = await kaggle.kernels.outputs(kernel);
    const file = files.find(({ fileName }) => fileName === "look.json");
    const names = files.map(({ fileName }) => fileName).join(", ") || "none";
    if (!file) return { state: "missing", found: `no look.json among ${names}` };
    found = look.parse(JSON.parse((await buffer(await kaggle.kernels.open(file))).toString("utf8")));
    if (log.length > 0) return { state: "ok", found: `${names}, and a log` };
    return differs("", `${names}, and no log`, "the log comes with the files");
  });
  return { finding, ...(found && { look: found }) };
}

const withoutInternet: Finding = {
  check: "internet",
  state: "warning",
  found: "not reached",
  advice:
    "Neither ImageNet's weights nor what the export needs can be downloaded. It takes a verified phone number: on kaggle.com, " +
    "Settings, Phone verification.",
};

/** What the kernel found, against what the pipeline assumes. */
function examineLook(found: Look, contact: Contact): Finding[] {
  const machine = `Python ${found.python}, ${found.cpus} CPUs, ${found.gpus.join(", ") || "no GPU"}`;
  return [
    ...examineShard(found, contact),
    examineGzip(found),
    examinePackages(found),
    found.internet ? holds("internet", "reached: packages and weights can be downloaded") : withoutInternet,
    holds("machine", machine),
  ];
}

function examineShard({ root, files }: Look, { kaggle, name }: Contact): Finding[] {
  const check = "a shard";
  const shard = files.find(({ path }) => path.endsWith("photograph.npy"));
  if (!shard) {
    const there = files.map(({ path }) => path).join(", ") || "nothing";
    return [{ check, state: "missing", found: `not there; there is ${there}` }];
  }
  const { path, bytes, sha256 } = shard;
  if (sha256 !== hashOf(uploads["shards/photograph.npy"])) {
    return [{ check, state: "missing", found: `changed: ${bytes} bytes with SHA-256 ${sha256}` }];
  }
  const wanted = `datasets/${kaggle.owner}/${name}/shards/photograph.npy`;
  const place = "place of the dataset";
  return [
    holds(check, "as it was uploaded"),
    path === wanted ? holds(place, `datasets/<owner>/<name> in ${root}`) : differs(place, `${root}/${path}`, wanted),
  ];
}

function examineGzip({ files }: Look): Finding {
  const packed = files.find(({ path }) => /members\.txt(\.gz)?$/.test(path));
  const found = unpackings.get(packed?.sha256 ?? "") ?? `something else: ${JSON.stringify(packed ?? "nothing")}`;
  const assumed = "unpacked, its first member alone";
  if (found === assumed) return holds("a gzip file", found);
  return differs("a gzip file", found, `${assumed}, so that nothing that is trained on ends in .gz`);
}

function examinePackages({ lacking }: Look): Finding {
  if (lacking.length === 0) return holds("packages", "all are there");
  const names = lacking.join(", ");
  // The notebook installs what the export needs.
  if (lacking.every((module) => module.includes("onnx")))
    return holds("packages", `all but ${names}, which are installed`);
  return differs("packages", `${names}: not there`, "TensorFlow, Keras, NumPy, pandas and Matplotlib are");
}

function notebookOf(source: string): string {
  const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
  const cell = { cell_type: "code", metadata: {}, execution_count: null, outputs: [], source };
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells: [cell] });
}
