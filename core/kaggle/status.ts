/** How far Kaggle is with a version of a dataset. In the order of its numbers. */
const datasetStatuses = [
  "NOT_YET_PERSISTED",
  "BLOBS_RECEIVED",
  "BLOBS_DECOMPRESSED",
  "BLOBS_COPIED_TO_SDS",
  "INDIVIDUAL_BLOBS_COMPRESSED",
  "READY",
  "FAILED",
  "DELETED",
  "REPROCESSING",
] as const;

/** How far Kaggle is with the run of a kernel. In the order of its numbers. */
const kernelStatuses = [
  "QUEUED",
  "RUNNING",
  "COMPLETE",
  "ERROR",
  "CANCEL_REQUESTED",
  "CANCEL_ACKNOWLEDGED",
  "NEW_SCRIPT",
] as const;

/** `UNKNOWN`: Kaggle gave no status or one that did not exist when this was written. It means neither success nor failure. */
export type DatasetStatus = (typeof datasetStatuses)[number] | "UNKNOWN";
export type KernelStatus = (typeof kernelStatuses)[number] | "UNKNOWN";

/** Reads a dataset's status in any of Kaggle's spellings. */
export const parseDatasetStatus = reader(datasetStatuses, "DATABUNDLE_VERSION_STATUS_");
/** Reads a kernel's status in any of Kaggle's spellings. */
export const parseKernelStatus = reader(kernelStatuses, "KERNEL_WORKER_STATUS_");

/** `COMPLETE`, `complete`, `cancelAcknowledged`, `KERNEL_WORKER_STATUS_COMPLETE` and the number 2 are all the same. */
function reader<T extends string>(statuses: readonly T[], prefix: string) {
  return (said: unknown): T | "UNKNOWN" => {
    if (typeof said === "number") return statuses[said] ?? "UNKNOWN";
    if (typeof said !== "string") return "UNKNOWN";
    const upper = said.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase();
    const name = upper.startsWith(prefix) ? upper.slice(prefix.length) : upper;
    return statuses.find((status) => status === name) ?? "UNKNOWN";
  };
}
