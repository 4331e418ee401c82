import { errorMessage, TransientError } from "../../core/errors.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";
import { KaggleError } from "../../core/kaggle/errors.ts";
import type { KernelRef, KernelState, NewKernel, SavedKernel } from "../../core/kaggle/kernels.ts";
import { findKernel } from "../shared/find-kernel.ts";

/** How the kernel of a run stands, or undefined where it was not pushed yet. `version`: of the last push that is known of. */
export async function findPushed(kernel: KernelRef, kaggle: KaggleClient): Promise<KernelState | undefined> {
  try {
    return await findKernel(kaggle, kernel);
  } catch (error) {
    // Kaggle answers 500 for what a rejected push has left. Where a push is known of, Kaggle is away.
    if (!(error instanceof TransientError) || kernel.version !== undefined) throw error;
    return undefined;
  }
}

/**
 * Has Kaggle run a kernel. A push that Kaggle rejects because it has no GPU time or session leaves a kernel without a version: every
 * later push to its name is answered with "Notebook not found". So what is not a kernel yet is deleted before a push and after a
 * rejected one. A dataset with a version is named without it where Kaggle takes none; the notebook looks for the version itself.
 * @throws KaggleError, TransientError
 */
export async function saveKernel(kernel: NewKernel, exists: boolean, kaggle: KaggleClient): Promise<SavedKernel> {
  if (kernel.gpu) await kaggle.checkGpuQuota();
  if (!exists) await kaggle.kernels.delete(kernel);
  const saved = await kaggle.kernels.push(kernel).catch(async (error: unknown) => {
    if (error instanceof KaggleError && !exists) await deleteIfPossible(kernel, kaggle);
    throw error;
  });
  if (saved.lacking.length === 0) return saved;
  // It runs, without its data.
  await kaggle.kernels.delete(kernel);
  const datasets = kernel.datasets.map((source) => source.split("/").slice(0, 2).join("/"));
  const unversioned = datasets.some((source, index) => source !== kernel.datasets[index]);
  if (unversioned) return saveKernel({ ...kernel, datasets }, false, kaggle);
  const problem = `it does not find the dataset ${saved.lacking.join(", ")}`;
  throw new KaggleError("kernels.KernelsApiService/SaveKernel", 200, problem);
}

/** The next push deletes it otherwise. */
async function deleteIfPossible(kernel: NewKernel, kaggle: KaggleClient): Promise<void> {
  await kaggle.kernels.delete(kernel).catch((error: unknown) => {
    console.warn(`${kernel.owner}/${kernel.slug} is not deleted: ${errorMessage(error)}`);
  });
}
