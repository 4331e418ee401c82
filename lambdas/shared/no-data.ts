import type { NoData } from "../../core/contracts/pipeline.ts";
import { NoDataError } from "../../core/errors.ts";

/** What a step found. That there is no data at all yet is an outcome, which ends the execution, and no error. */
export async function orNoData<R>(work: Promise<R>): Promise<R | NoData> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof NoDataError)) throw error;
    return { outcome: "NoData", reason: error.message };
  }
}
