import { checkAccess, checkGpuQuota, type GpuQuota, readGpuQuota } from "./account.ts";
import { KaggleBlobs } from "./blobs.ts";
import { KaggleDatasets } from "./datasets.ts";
import { KaggleHttp, type KaggleOptions } from "./http.ts";
import { KaggleKernels } from "./kernels.ts";

/** What the pipeline needs of Kaggle. */
export interface KaggleClient {
  /** Owner of what is made. */
  readonly owner: string;
  readonly blobs: KaggleBlobs;
  readonly datasets: KaggleDatasets;
  readonly kernels: KaggleKernels;
  /** @throws KaggleError when the token is not valid or belongs to another user */
  checkAccess(): Promise<void>;
  /** How much GPU time the account has this week. */
  readGpuQuota(): Promise<GpuQuota>;
  /** @throws KaggleError when this week's GPU time is used up */
  checkGpuQuota(): Promise<void>;
}

/**
 * A client of Kaggle's API. Calls are repeated while Kaggle is away or busy; each throws KaggleError when it is rejected
 * and TransientError when Kaggle stays away.
 */
export function createKaggleClient(options: KaggleOptions): KaggleClient {
  const http = new KaggleHttp(options);
  return {
    owner: http.owner,
    blobs: new KaggleBlobs(http),
    datasets: new KaggleDatasets(http),
    kernels: new KaggleKernels(http),
    checkAccess: () => checkAccess(http, options.credentials),
    readGpuQuota: () => readGpuQuota(http),
    checkGpuQuota: () => checkGpuQuota(http),
  };
}
