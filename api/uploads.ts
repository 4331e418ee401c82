import type { imageTypes, UploadResponse } from "../core/contracts/predict.ts";

/** Where photographs are laid that are too large for a request. */
export interface Uploads {
  /** A form for one photograph of this type, good for 15 minutes. */
  createPresignedUpload(contentType: (typeof imageTypes)[number]): Promise<UploadResponse>;
  /** @throws ProblemError 400 when nothing was uploaded there, 413, 503 when the bucket does not answer */
  read(uploadKey: string): Promise<Uint8Array>;
}
