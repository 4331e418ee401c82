import { kernelFiles } from "../../core/contracts/kaggle.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";
import { isAbsent } from "../../core/kaggle/errors.ts";
import type { KernelRef, KernelState } from "../../core/kaggle/kernels.ts";

/**
 * How a kernel stands, or undefined where there is none. That Kaggle knows no status says little: it knows none just after a
 * push and none of some kernels that ran. So its files are looked for, and the kernel itself.
 */
export async function findKernel(kaggle: KaggleClient, kernel: KernelRef): Promise<KernelState | undefined> {
  const state = await kaggle.kernels.status(kernel);
  if (state) return state;
  const { files } = await kaggle.kernels.outputs(kernel).catch((error: unknown) => {
    if (isAbsent(error)) return { files: [] };
    throw error;
  });
  const found = { said: "none", failureMessage: "" };
  if (files.some(({ fileName }) => fileName === kernelFiles.run)) return { ...found, status: "COMPLETE" };
  return (await kaggle.kernels.exists(kernel)) ? { ...found, status: "UNKNOWN" } : undefined;
}
