import { checkBackbone, type Strategy, type ValidatedInput, validateInput } from "../../core/contracts/execution.ts";
import { InvalidInputError } from "../../core/errors.ts";

/** What trainers of a stage can do. */
export interface StageAbilities {
  strategies: readonly Strategy[];
  /** Name of the data bucket. */
  dataBucket: string;
}

/**
 * Checks an execution input, fills in its defaults, and rejects what no trainer of the stage can do.
 * @throws InvalidInputError saying what to write instead
 */
export function validateExecution(value: unknown, { strategies, dataBucket }: StageAbilities): ValidatedInput {
  const input = validateInput(value);
  const { strategy } = input;
  if (!strategies.includes(strategy)) {
    throw new InvalidInputError(
      `This stage has no strategy '${strategy}'. Use ${strategies.map((name) => `'${name}'`).join(" or ")}, or add ` +
        `'${strategy}' to the stage's configuration and deploy it.`,
    );
  }
  checkBackbone(input.backbone, dataBucket);
  return input;
}
