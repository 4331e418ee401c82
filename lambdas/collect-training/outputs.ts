import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import type { KernelRun, PushedKernel } from "../../core/contracts/kaggle.ts";
import { errorMessage, NamedError, TransientError } from "../../core/errors.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";

/** A kernel completed, but what it left cannot be used. */
export class UnusableOutputError extends NamedError {
  constructor(message: string, options?: ErrorOptions) {
    super("UnusableOutput", message, options);
  }
}

/** Files that a kernel left. */
export interface KernelOutputs {
  /** @throws UnusableOutputError when it is missing; TransientError when it cannot be fetched now */
  read(name: string): Promise<Uint8Array>;
  /** The same, compared with what `run.json` says of it. @throws UnusableOutputError when it differs */
  readWhole(run: KernelRun, name: string): Promise<Uint8Array>;
}

/** Lists what a kernel left. */
export async function listOutputs(kaggle: KaggleClient, kernel: PushedKernel): Promise<KernelOutputs> {
  const name = `${kernel.owner}/${kernel.slug}`;
  const again = "Start the execution again to push the kernel anew.";
  const { files } = await kaggle.kernels.outputs(kernel);
  const read = async (fileName: string) => {
    const file = files.find((each) => each.fileName === fileName);
    if (!file) {
      const there = files.map((each) => each.fileName).slice(0, 20);
      const instead = there.length > 0 ? `only ${there.join(", ")}` : "nothing";
      throw new UnusableOutputError(`The kernel ${name} completed without ${fileName}; it left ${instead}. ${again}`);
    }
    const content = await kaggle.kernels.open(file);
    return buffer(content).catch((cause: unknown) => {
      throw new TransientError(`${fileName} of ${name} broke off: ${errorMessage(cause)}`, { cause });
    });
  };
  return {
    read,
    async readWhole({ files: expected }, fileName) {
      const content = await read(fileName);
      const { sha256, bytes } = expected[fileName] ?? { sha256: "nothing", bytes: 0 };
      const found = createHash("sha256").update(content).digest("hex");
      if (found === sha256 && content.length === bytes) return content;
      throw new UnusableOutputError(
        `${fileName} of ${name} is not as the kernel wrote it: SHA-256 ${found} and ${content.length} bytes, but ` +
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
