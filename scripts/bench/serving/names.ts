/** Networks with random weights that can be measured. */
export const networkNames = ["mobilenetv2", "resnet50"] as const;
export type NetworkName = (typeof networkNames)[number];

/** What can be measured; `api` always is. */
export const targetNames = ["api", "node", "keras", "mlflow", "lower-bound"] as const;
export type TargetName = (typeof targetNames)[number];
