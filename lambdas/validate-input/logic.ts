import { backbonePrefix, type Strategy, type ValidatedInput, validateInput } from "../../core/contracts/execution.ts";
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
  if (strategy !== "ecs" && input.backbone !== undefined) {
    throw new InvalidInputError(
      `Strategy '${strategy}' takes its backbones with ImageNet weights from Keras. Leave 'backbone' out, or use strategy 'ecs'.`,
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
