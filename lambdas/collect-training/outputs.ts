import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import type { KernelRun, PushedKernel } from "../../core/contracts/kaggle.ts";
import { trainingKeys } from "../../core/contracts/training.ts";
import { errorMessage, NamedError, TransientError } from "../../core/errors.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";
import type { ObjectStore } from "../../core/storage.ts";

/** A kernel completed, but what it left cannot be used. */
export class UnusableOutputError extends NamedError {
  constructor(message: string, options?: ErrorOptions) {
    super("UnusableOutput", message, options);
  }
}

/** Files that a notebook left. */
export interface KernelOutputs {
  /** What ran the notebook, for people. */
  name: string;
  /** What to do when they cannot be used, as a sentence. */
  again: string;
  /** @throws UnusableOutputError when it is missing; TransientError when it cannot be fetched now */
  read(name: string): Promise<Uint8Array>;
  /** The same, compared with what `run.json` says of it. @throws UnusableOutputError when it differs */
  readWhole(run: KernelRun, name: string): Promise<Uint8Array>;
}

/** Lists what a kernel left on Kaggle. */
export async function listOutputs(kaggle: KaggleClient, kernel: PushedKernel): Promise<KernelOutputs> {
  const { files } = await kaggle.kernels.outputs(kernel);
  return createOutputs({
    name: `kernel ${kernel.owner}/${kernel.slug}`,
    again: "Start the execution again to push the kernel anew.",
    files: files.map(({ fileName, ...file }) => ({
      fileName,
      open: async () => buffer(await kaggle.kernels.open({ fileName, ...file })),
    })),
  });
}

/** Lists what a notebook that ran in the account left in the data bucket. */
export async function listStoredOutputs(data: ObjectStore, runId: string): Promise<KernelOutputs> {
  const prefix = trainingKeys.outputs(runId);
  const objects = await Array.fromAsync(data.list(prefix));
  return createOutputs({
    name: `training of run ${runId}`,
    again: "Start the execution again to train anew.",
    files: objects.map(({ key }) => ({ fileName: key.slice(prefix.length), open: () => data.read(key) })),
  });
}

interface OutputSource extends Pick<KernelOutputs, "name" | "again"> {
  files: { fileName: string; open(): Promise<Uint8Array> }[];
}

function createOutputs({ name, again, files }: OutputSource): KernelOutputs {
  const read = async (fileName: string) => {
    const file = files.find((each) => each.fileName === fileName);
    if (!file) {
      const there = files.map((each) => each.fileName).slice(0, 20);
      const instead = there.length > 0 ? `only ${there.join(", ")}` : "nothing";
      throw new UnusableOutputError(`The ${name} completed without ${fileName}; it left ${instead}. ${again}`);
    }
    return file.open().catch((cause: unknown) => {
      if (cause instanceof NamedError) throw cause;
      throw new TransientError(`${fileName} of ${name} broke off: ${errorMessage(cause)}`, { cause });
    });
  };
  return {
    name,
    again,
    read,
    async readWhole({ files: expected }, fileName) {
      const content = await read(fileName);
      const { sha256, bytes } = expected[fileName] ?? { sha256: "nothing", bytes: 0 };
      const found = createHash("sha256").update(content).digest("hex");
      if (found === sha256 && content.length === bytes) return content;
      throw new UnusableOutputError(
        `${fileName} of ${name} is not as the notebook wrote it: SHA-256 ${found} and ${content.length} bytes, but ` +
          `run.json says ${sha256} and ${bytes}. ${again}`,
      );
    },
  };
}

/** Reads a JSON file of the kernel. @throws UnusableOutputError */
export function parseOutput<T>(name: string, content: Uint8Array, parse: (json: unknown) => T): T {
  try {
    return parse(JSON.parse(Buffer.from(content).toString("utf8")));
  } catch (cause) {
    const what = cause instanceof z.ZodError ? z.prettifyError(cause) : errorMessage(cause);
    throw new UnusableOutputError(`${name} of the kernel is not as expected:\n${what}`, { cause });
  }
}
