import { z } from "zod";
import { ApiError } from "./api-error.ts";

const settings = z.strictObject({
  /** Seconds that a job waits for its machine. */
  pendingSeconds: z.number().min(0).default(0),
  /** The account has no quota for the machine: CreateTrainingJob is rejected. */
  quota: z.boolean().default(false),
  /** What becomes of jobs before they train: no machine, no image, or an error of SageMaker's own. */
  start: z.enum(["capacity", "image", "internal"]).optional(),
  /** So many spot jobs lose their machine while they train; each begins again. */
  interruptions: z.int().min(0).default(0),
  /**
   * What becomes of jobs that train: they are stopped, run out of time or of memory, or they find no dataset, for
   * which the trainer fails.
   */
  training: z.enum(["stop", "timeout", "memory", "no-data"]).optional(),
});
export type FaultSettings = z.input<typeof settings>;

/** What goes wrong on demand: `PUT /_emulator/faults` replaces all of it, an empty object ends it. */
export class Faults {
  current: z.infer<typeof settings> = settings.parse({});

  /** @throws ApiError naming what is wrong */
  set(value: unknown): void {
    const parsed = settings.safeParse(value);
    if (!parsed.success) throw new ApiError("ValidationException", z.prettifyError(parsed.error));
    this.current = parsed.data;
  }

  takeInterruption(): boolean {
    if (this.current.interruptions === 0) return false;
    this.current.interruptions--;
    return true;
  }
}
