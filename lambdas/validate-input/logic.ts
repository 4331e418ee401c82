import { type ValidatedInput, validateInput } from "../../core/contracts/execution.ts";
import { InvalidInputError } from "../../core/errors.ts";

/**
 * Checks an execution input, fills in its defaults, and refuses what no trainer can do.
 * @throws InvalidInputError saying what to write instead
 */
export function validateExecution(value: unknown): ValidatedInput {
  const input = validateInput(value);
  if (input.strategy === "kaggle" && input.backbone !== undefined) {
    throw new InvalidInputError(
      "Strategy 'kaggle' takes its backbones with ImageNet weights from Keras. Leave 'backbone' out, or use strategy 'ecs'.",
    );
  }
  return input;
}
