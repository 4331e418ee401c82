import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { invokeFunction } from "../../../../aws/invoke-function.ts";
import { NotFoundError } from "../../../../core/errors.ts";
import { connectRegistry, type StageRegistry } from "../registry.ts";
import { idsOf } from "../stacks.ts";
import type { BucketNames } from "./archive.ts";

/** What of a stage moves to another one, and what that takes. */
export interface TransferStage extends Pick<StageRegistry, "sql" | "open" | "server" | "checkIdle"> {
  name: string;
  s3: S3Client;
  buckets: BucketNames;
  /** Publishes what the alias `champion` names in MLflow. @throws NamedError */
  publishChampion(): Promise<void>;
}

const outputs = z.object({ RawBucket: z.string(), DataBucket: z.string(), ArtifactBucket: z.string() });

/** Finds it. @throws NotFoundError, NamedError `RetrainingRuns` as `connectRegistry` does */
export async function connectTransferStage(name: string): Promise<TransferStage> {
  const registry = await connectRegistry(name);
  const { RawBucket: raw, DataBucket: data, ArtifactBucket: artifacts } = outputs.parse(registry.stacks.outputs);
  const publish = idsOf(registry.stacks, "AWS::Lambda::Function").find((id) => id.endsWith("-publish-champion"));
  if (!publish) throw new NotFoundError(`Stage '${name}' is not deployed whole: it cannot publish a champion.`);
  return {
    ...registry,
    name,
    s3: new S3Client(),
    buckets: { raw, data, artifacts },
    // The function itself has 25 seconds.
    publishChampion: () => invokeFunction(publish, 30_000),
  };
}
