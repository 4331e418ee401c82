import { z } from "zod";

const pair = z.tuple([z.int(), z.int()]);
const windowConfig = z.object({
  strides: pair,
  padding: z.enum(["same", "valid"]),
  dataFormat: z.literal("channelsLast").optional(),
  dilationRate: z.union([pair, z.int().transform((rate): [number, number] => [rate, rate])]).default([1, 1]),
});

/** ONNX's attributes of an operator that slides over a picture. */
export type WindowAttributes = Record<"kernel_shape" | "strides" | "dilations" | "pads", number[]>;

/**
 * The attributes of a convolution or pooling. `kernel`: rows and columns; `shape`: its input, [N,H,W,C]. TensorFlow's
 * `same` pads so that the output has ceil(side / stride) places, the odd pixel at the end: at stride 2 an even side is
 * padded on one side only.
 */
export function windowAttributes(
  config: Record<string, unknown>,
  kernel: readonly number[],
  shape: readonly (number | null)[],
): WindowAttributes {
  const { strides, padding, dilationRate: dilations } = windowConfig.parse(config);
  const around = [0, 1].map((axis) => {
    if (padding === "valid") return [0, 0];
    const side = shape[axis + 1] as number;
    const stride = strides[axis] as number;
    const reach = ((kernel[axis] as number) - 1) * (dilations[axis] as number) + 1;
    const total = Math.max(0, (Math.ceil(side / stride) - 1) * stride + reach - side);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }) as [number, number][];
  const pads = [...around.map(([before]) => before), ...around.map(([, after]) => after)];
  return { kernel_shape: [...kernel], strides, dilations, pads };
}
