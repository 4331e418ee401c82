import { type ModelSidecar, modelFiles } from "../contracts/model.ts";
import { InvalidModelError, NotFoundError } from "../errors.ts";
import { parseSidecar } from "../model/folder.ts";
import type { ObjectStore } from "../storage.ts";
import type { ModelVersion } from "./registry.ts";

/** The bucket where MLflow's artifacts are. */
export interface ArtifactBucket {
  name: string;
  store: ObjectStore;
}

/** `s3://` address below which experiments keep their artifacts. */
export function artifactRoot(bucket: string): string {
  return `s3://${bucket}/mlflow`;
}

/** Key of an address in the bucket, with a slash at its end. @throws InvalidModelError when it points elsewhere */
export function artifactPrefix(bucket: string, uri: string): string {
  const root = `s3://${bucket}/`;
  if (!uri.startsWith(root)) throw new InvalidModelError(`'${uri}' is not in the artifact bucket, ${root}`);
  return `${uri.slice(root.length).replace(/\/+$/, "")}/`;
}

/**
 * Graph and sidecar of a model version.
 * @throws InvalidModelError, NotFoundError naming the version and the missing file
 */
export async function readModelVersion(
  bucket: ArtifactBucket,
  { name, version, source }: ModelVersion,
): Promise<{ onnx: Uint8Array; sidecar: ModelSidecar }> {
  const prefix = artifactPrefix(bucket.name, source);
  const read = async (file: string) => {
    try {
      return await bucket.store.read(prefix + file);
    } catch (cause) {
      if (!(cause instanceof NotFoundError)) throw cause;
      throw new NotFoundError(`Version ${version} of ${name} has lost its files: ${source}/${file} does not exist`, {
        cause,
      });
    }
  };
  const [onnx, sidecar] = await Promise.all([read(modelFiles.onnx), read(modelFiles.sidecar)]);
  return { onnx, sidecar: parseSidecar(sidecar, `${source}/${modelFiles.sidecar}`) };
}
