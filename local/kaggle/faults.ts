import { z } from "zod";
import { ApiError } from "./http.ts";

const settings = z.strictObject({
  /** Seconds that a kernel waits before it runs. */
  queueSeconds: z.number().min(0).default(0),
  /** Seconds until a version of a dataset is ready. */
  datasetSeconds: z.number().min(0).default(0.2),
  /** Seconds for which Kaggle answers 404 for a kernel after its push and for a version of a dataset after READY. */
  absentSeconds: z.number().min(0).default(0),
  /** Seconds for which a kernel's status and files are still those of the version before, unless a version is named. */
  staleSeconds: z.number().min(0).default(1),
  /** GPU sessions that an account may have at once. */
  gpuSessions: z.int().min(0).default(2),
  /** Files that a dataset may have outside its folders (kaggle.com/docs/datasets; kagglehub's gcs_upload.py packs more). */
  topLevelFiles: z.int().min(1).default(50),
  /** Kernels may name a version of a dataset. Kaggle's documentation knows none, but its command line lets it pass. */
  versionedSources: z.boolean().default(true),
  /** Answers have null where they could have an empty text or list, as in github.com/Kaggle/kaggle-cli/issues/345. */
  nulls: z.boolean().default(false),
  /** Status of GetKernelSessionStatus for a kernel of which no version was taken. */
  shellStatus: z.union([z.literal(404), z.literal(500)]).default(404),
  /** What becomes of the kernels: they raise, are cancelled once they run, or are rejected because the quota is used up. */
  kernel: z.enum(["error", "cancel", "quota"]).optional(),
  /** Notebooks that ask for a GPU run with a second logical device in its place: slow, but as strict as a real one. */
  simulatedGpu: z.boolean().default(false),
  /** Notebooks reach the internet; not those of an account whose phone number is not verified, which Kaggle takes all the same. */
  internet: z.boolean().default(true),
  /** Modules that a notebook cannot import, though some may be installed: Kaggle's image changes. */
  lackingModules: z.array(z.string()).default([]),
  /** Seconds from the start of a notebook until its datasets are there. */
  mountSeconds: z.number().min(0).default(0),
  /** Files of datasets of which the notebook finds the last byte changed. */
  damagedInputs: z.array(z.string()).default([]),
  /** Status that kernels are said to have instead of their own; an empty one is left out of the answer. */
  kernelStatus: z.string().optional(),
  /** A version of a dataset comes to nothing. */
  datasetFails: z.boolean().default(false),
  /** Calls answered with an error: those whose name contains `method`, so many times. 200 is a page of HTML. */
  errors: z
    .array(
      z.strictObject({
        method: z.string(),
        status: z.union([z.literal(200), z.int().min(400).max(599)]),
        retryAfter: z.string().optional(),
        times: z.int().min(1),
        /** The call is carried out all the same: only the answer is lost. */
        afterwards: z.boolean().default(false),
      }),
    )
    .default([]),
  /** So many uploads break off in the middle. */
  truncateUploads: z.int().min(0).default(0),
  /** Outputs that are not there. */
  missingOutputs: z.array(z.string()).default([]),
  /** Outputs of which the last byte is changed. */
  damagedOutputs: z.array(z.string()).default([]),
});
export type FaultSettings = z.input<typeof settings>;

/** What is usual on kaggle.com, and only makes tests slower: nothing comes at once, and what is empty is null. */
export const usual: FaultSettings = {
  queueSeconds: 2,
  datasetSeconds: 2,
  absentSeconds: 3,
  mountSeconds: 2,
  nulls: true,
};

/** What goes wrong on demand: `PUT /_emulator/faults` replaces all of it, an empty object ends it. */
export class Faults {
  current: z.infer<typeof settings> = settings.parse({});

  /** @throws ApiError naming what is wrong */
  set(value: unknown): void {
    const parsed = settings.safeParse(value);
    if (!parsed.success) throw new ApiError(400, z.prettifyError(parsed.error));
    this.current = parsed.data;
  }

  /** Fails a call that is to fail. @throws ApiError */
  strike(method: string, afterwards: boolean): void {
    const error = this.current.errors.find(
      (each) => each.times > 0 && each.afterwards === afterwards && method.includes(each.method),
    );
    if (!error) return;
    error.times--;
    const headers = error.retryAfter === undefined ? {} : { "retry-after": error.retryAfter };
    throw new ApiError(error.status, `Fault on demand: ${error.status}`, headers);
  }

  takeTruncation(): boolean {
    if (this.current.truncateUploads === 0) return false;
    this.current.truncateUploads--;
    return true;
  }
}
