import { errorMessage } from "../../../../core/errors.ts";
import { estimateCost } from "../../cost/estimate.ts";
import type { Finding } from "../finding.ts";
import type { CloudConfig } from "../settings.ts";

/** What the stage will cost in a month without use, in US dollars. */
export function checkPrice(config: CloudConfig): Finding {
  const check = "cost";
  const advice = `With use, line by line: npm run cost -- --stage ${config.stage} --predictions 10000 --retrainings 4`;
  try {
    const { totals } = estimateCost(config, { predictions: 0, retrainings: 0, strategy: "ecs" });
    return { check, state: "ok", found: `${totals.idle.toFixed(2)} US dollars a month without use`, advice };
  } catch (error) {
    return { check, state: "unknown", found: `could not be estimated: ${errorMessage(error)}` };
  }
}
