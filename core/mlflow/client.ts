import { Experiments } from "./experiments.ts";
import { MlflowHttp, type MlflowOptions } from "./http.ts";
import { Registry } from "./registry.ts";
import { Runs } from "./runs.ts";

/** What the pipeline needs of MLflow's REST API. */
export interface MlflowClient {
  readonly trackingUri: string;
  readonly experiments: Experiments;
  readonly runs: Runs;
  readonly registry: Registry;
}

/**
 * A client of an MLflow 3 server. Calls are repeated while the server is away; each throws MlflowError when it rejects
 * and TransientError when it stays away.
 */
export function createMlflowClient(options: MlflowOptions): MlflowClient {
  const http = new MlflowHttp(options);
  return {
    trackingUri: http.trackingUri,
    experiments: new Experiments(http),
    runs: new Runs(http),
    registry: new Registry(http),
  };
}
