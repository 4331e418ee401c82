import { type ValidatedInput, validateInput } from "../../core/contracts/execution.ts";
import { InvalidInputError } from "../../core/errors.ts";

/**
 * Checks an execution input, fills in its defaults, and refuses what no trainer can do.
 * @throws InvalidInputError saying what to write instead
 */
export function validateExecution(value: unknown): ValidatedInput {
  const input = validateInput(value);
  if (input.strategy === "kaggle") {
    throw new InvalidInputError(
      "Strategy 'kaggle' is not available yet. Leave 'strategy' out, or use 'ecs' with the network 'compact'.",
    );
  }
  return input;
}
