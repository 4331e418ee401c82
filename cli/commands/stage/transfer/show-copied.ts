import { bar, type Progress } from "../../../terminal/progress.ts";
import type { OnCopied } from "./download-objects.ts";

/** Shows how far a copy has come. */
export function showCopied(progress: Progress): OnCopied {
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(2);
  return (done, all) =>
    progress.now(
      `Copying ${bar(done.bytes, all.bytes)} ${done.count} of ${all.count} objects, ${gigabytes(done.bytes)} of ${gigabytes(all.bytes)} GB`,
    );
}
