/** Which network, where it is cut, and what must come out. */
export interface Backbone {
  /** Address of the folder with `model.json` and the weights. */
  url: string;
  /** The last layer that is kept. */
  layer: string;
  /** SHA-256 over the kept weights: in order of name, `<name> <dtype> <shape>\n` and the bytes of each. */
  sha256: string;
}

/**
 * The published MobileNet, cut where the trainer puts its own head. The hash was taken from the copy on which the defaults
 * were tuned.
 */
export const mobilenet: Backbone = {
  url: "https://storage.googleapis.com/tfjs-models/tfjs/mobilenet_v1_1.0_224",
  layer: "conv_pw_12_relu",
  sha256: "e19df5e2b83296c32d92ea2f85ecfbbb9d21d808fda23c6b003159d297fc281f",
};
