import { errorMessage, InvalidInputError } from "../../../core/errors.ts";
import { type CloudConfig, isLocal, readConfig } from "../../../lib/config.ts";

export { zonesWithoutVpcLink } from "../../../lib/vpc-link-zones.ts";
export type { CloudConfig };

/** Settings of a stage in an account, checked. @throws InvalidInputError when there is no such stage, or its file is wrong */
export function readSettings(stage: string): CloudConfig {
  try {
    const config = readConfig(stage, {});
    if (!isLocal(config)) return config;
  } catch (cause) {
    throw new InvalidInputError(errorMessage(cause), { cause });
  }
  throw new InvalidInputError("Stage 'local' is not deployed to an account.");
}
