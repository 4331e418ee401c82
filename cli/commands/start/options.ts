import type { KaggleChoice } from "../../../local/kaggle/start.ts";
import type { SageMakerChoice } from "../../../local/sagemaker/start.ts";

export interface StartOptions {
  once: boolean;
  reset: boolean;
  data?: string | undefined;
  report?: string | undefined;
  /** The execution input. */
  input: Record<string, unknown>;
  /** Only with strategy `kaggle`. */
  kaggle?: KaggleChoice;
  /** Only with strategy `sagemaker`. */
  sagemaker?: SageMakerChoice;
}

/** Options of `avocado start` as they are typed. */
export interface StartValues {
  once?: true | undefined;
  reset?: true | undefined;
  data?: string | undefined;
  report?: string | undefined;
  set: Record<string, unknown>;
  strategy?: string | undefined;
  kaggle?: "local" | "real" | undefined;
  weights?: "imagenet" | "none" | undefined;
  tunnel?: true | undefined;
}

/** Ends the command with a sentence about its usage. */
type Fail = (sentence: string) => never;

/** Decides where to train, and checks that the options about it go together. */
export function readOptions(values: StartValues, fail: Fail): StartOptions {
  const { once = false, reset = false, data, report, strategy, set } = values;
  const input = strategy === undefined ? set : { ...set, strategy };
  const { weights } = values;
  if (weights && input.strategy !== "kaggle" && input.strategy !== "sagemaker") {
    fail("--weights: only with --strategy kaggle or sagemaker.");
  }
  const kaggle = chooseKaggle(values, input.strategy, fail);
  return {
    once,
    reset,
    data,
    report,
    input,
    ...(kaggle && { kaggle }),
    ...(input.strategy === "sagemaker" && { sagemaker: { weights: weights ?? "none" } }),
  };
}

function chooseKaggle(values: StartValues, strategy: unknown, fail: Fail): KaggleChoice | undefined {
  const { kaggle: service, tunnel = false, weights } = values;
  if (strategy !== "kaggle") {
    const given = [service && "--kaggle", tunnel && "--tunnel"].filter(Boolean);
    if (given.length > 0) fail(`${given.join(" and ")}: only with --strategy kaggle.`);
    return undefined;
  }
  if (service === "real") return { service, tunnel, weights: weights ?? "imagenet" };
  if (tunnel) fail("--tunnel: only with --kaggle real; local kernels need none.");
  return { service: "local", tunnel, weights: weights ?? "none" };
}
