import type { Progress } from "../../terminal/progress.ts";
import { uploadData } from "../../upload.ts";
import { openBucket } from "../stage/bucket.ts";

/** Puts a data set into the raw bucket of a stage, unless this very one is there. */
export async function uploadCommand(
  { stage, data }: { stage: string; data: string },
  progress: Progress,
): Promise<void> {
  const raw = await openBucket(stage, "RawBucket");
  progress.now(`Uploading to s3://${raw.bucket}`);
  const key = await uploadData(data, raw);
  progress.now("");
  progress.line(`The data set is s3://${raw.bucket}/${key}`);
  progress.line(`An execution takes the newest data set; to name this one: { "data": "${key}" }`);
}
