import { InvalidInputError } from "../../../core/errors.ts";
import { imageSizes, retraining } from "./assumptions.ts";
import { type Charge, idle, type Load, perRetraining, type Resource } from "./charge.ts";
import type { PriceName } from "./prices.ts";

/** Types of machines with a price. They have a disk of their own, so that the volume is not paid for. */
const machines: Record<string, PriceName> = { "ml.g4dn.xlarge": "sageMakerG4dn", "ml.g5.xlarge": "sageMakerG5" };

/**
 * Strategy `sagemaker` of a stage: the image of its trainer, and a training job for each retraining that is trained there. Spot
 * machines count as others do; what they cost less changes from day to day.
 * @throws InvalidInputError when the stage does not have the strategy that the load is trained by
 */
export function priceSageMaker(resources: readonly Resource[], load: Load): Charge[] {
  const starter = resources.find(({ properties }) => String(properties.FunctionName).endsWith("-start-training"));
  const machine: string | undefined = starter?.properties.Environment.Variables.SAGEMAKER_INSTANCE_TYPE;
  const trains = load.strategy === "sagemaker";
  if (machine) {
    const image = idle("container images", "ecrStorage", imageSizes["gpu-trainer"] ?? 0);
    return trains ? [image, priceTrainingJob(load, machine)] : [image];
  }
  if (!trains) return [];
  throw new InvalidInputError(
    "The stage has no strategy 'sagemaker': add `sagemaker` to its file, or --set sagemaker.instanceType=ml.g4dn.xlarge.",
  );
}

/** The training job of a retraining. @throws InvalidInputError for a type of machine whose price is not known */
export function priceTrainingJob(load: Load, machine: string): Charge {
  const price = machines[machine];
  if (price) return perRetraining(load, "SageMaker training job", price, retraining.sagemaker.trainingHours);
  throw new InvalidInputError(
    `${machine} has no price in cli/commands/cost: known are ${Object.keys(machines).join(" and ")}.`,
  );
}
