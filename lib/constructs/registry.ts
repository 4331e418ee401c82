import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { LocalConfig } from "../config.ts";

/** Calls of MLflow's REST API that change nothing, as far as they are granted one by one. */
type RegistryRead = "registered-models/alias" | "runs/get";

/** The MLflow server, as those who use it see it. */
export interface Registry {
  /** Address without a slash at its end. */
  readonly trackingUri: string;
  readonly auth: "none" | "sigv4";
  /** The ECS service that runs it; absent where the server is not ours to start. */
  readonly service?: { cluster: string; name: string };
  /** Allows to use its REST API. */
  grantUse(grantee: IGrantable): void;
  /** Allows these calls alone. */
  grantRead(grantee: IGrantable, calls: RegistryRead[]): void;
  /** Allows to see whether it runs, and to start it. */
  grantStart(grantee: IGrantable): void;
}

/** An MLflow server that is run elsewhere. */
export function existingRegistry({ trackingUri, auth }: LocalConfig["mlflow"]): Registry {
  return { trackingUri, auth, grantUse: () => {}, grantRead: () => {}, grantStart: () => {} };
}
