import type { PushedKernel } from "../../core/contracts/kaggle.ts";
import { errorMessage } from "../../core/errors.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";

/** Deletes a kernel whose training is in MLflow. That it stays is not a reason to fail. */
export async function deleteKernel({ kernels }: KaggleClient, kernel: PushedKernel): Promise<void> {
  await kernels.delete(kernel).catch((error: unknown) => {
    console.warn(`Kernel ${kernel.owner}/${kernel.slug} is not deleted: ${errorMessage(error)}`);
  });
}
