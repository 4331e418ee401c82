import { RemovalPolicy } from "aws-cdk-lib";
import { isLocal, type StageConfig } from "../config.ts";

/**
 * What becomes of data when its stack goes. Where it is kept, a first deployment that fails keeps nothing all the same: what
 * it left behind, empty, would stop the next one by its name.
 */
export function kept(config: StageConfig): RemovalPolicy {
  return !isLocal(config) && config.keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
