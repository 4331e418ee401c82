import type { Progress } from "../../terminal/progress.ts";
import { uploadData } from "../../upload.ts";
import { openBucket } from "../stage/bucket.ts";

/** Puts a dataset into the raw bucket of a stage, unless this very one is there. */
export async function uploadCommand(
  { stage, data }: { stage: string; data: string },
  progress: Progress,
): Promise<void> {
  const raw = await openBucket(stage, "RawBucket");
  progress.now(`Uploading to s3://${raw.bucket}`);
  const key = await uploadData(data, raw);
  progress.now("");
  progress.line(`The dataset is s3://${raw.bucket}/${key}`);
  progress.line(`An execution takes the newest dataset; to name this one: { "data": "${key}" }`);
}
