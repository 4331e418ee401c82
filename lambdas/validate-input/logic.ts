import { backbonePrefix, type ValidatedInput, validateInput } from "../../core/contracts/execution.ts";
import { InvalidInputError } from "../../core/errors.ts";

/**
 * Checks an execution input, fills in its defaults, and refuses what no trainer can do. `dataBucket`: name of the stage's.
 * @throws InvalidInputError saying what to write instead
 */
export function validateExecution(value: unknown, dataBucket: string): ValidatedInput {
  const input = validateInput(value);
  if (input.strategy === "kaggle" && input.backbone !== undefined) {
    throw new InvalidInputError(
      "Strategy 'kaggle' takes its backbones with ImageNet weights from Keras. Leave 'backbone' out, or use strategy 'ecs'.",
    );
  }
  const readable = `s3://${dataBucket}/${backbonePrefix}`;
  if (input.backbone?.startsWith("s3://") && !input.backbone.startsWith(readable)) {
    throw new InvalidInputError(
      `The trainer may not read ${input.backbone}: of S3 it reads backbones below ${readable} alone. ` +
        "Put it there with 'npm run backbone -- upload --stage <stage>', or name a URL.",
    );
  }
  return input;
}
