import { z } from "zod";
import { ApiError } from "./http.ts";

const settings = z.strictObject({
  /** Seconds that a kernel waits before it runs. */
  queueSeconds: z.number().min(0).default(0),
  /** Seconds until a version of a data set is ready. */
  datasetSeconds: z.number().min(0).default(0.2),
  /** What becomes of the kernels: they raise, are cancelled once they run, or are not taken for want of quota. */
  kernel: z.enum(["error", "cancel", "quota"]).optional(),
  /** Notebooks that ask for a GPU run with a second logical device in its place: slow, but as strict as a real one. */
  simulatedGpu: z.boolean().default(false),
  /** Status that kernels are said to have instead of their own; an empty one is left out of the answer. */
  kernelStatus: z.string().optional(),
  /** A version of a data set comes to nothing. */
  datasetFails: z.boolean().default(false),
  /** Calls answered with an error: those whose name contains `method`, so many times. */
  errors: z
    .array(
      z.strictObject({
        method: z.string(),
        status: z.int().min(400).max(599),
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
