import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { measureLoad } from "./load.ts";

/**
 * The least that is necessary: sharp decodes and resizes, ONNX Runtime predicts, in one process and without HTTP. A child of
 * the bench, which it hands the days of the first photograph, and then what each order `{ concurrency, seconds }` gave.
 */
process.env.ORT_DISABLE_TELEMETRY = "1";
const [model = "", photographs = ""] = process.argv.slice(2);
const names = (await readdir(photographs)).sort();
const files = await Promise.all(names.map((name) => readFile(join(photographs, name))));
const session = await InferenceSession.create(join(model, "model.onnx"));

async function predict(photograph: number): Promise<number> {
  const pixels = await sharp(files[photograph % files.length])
    .resize(224, 224)
    .raw()
    .toBuffer();
  const { days } = await session.run({
    image: new Tensor("uint8", pixels, [1, 224, 224, 3]),
    condition: new Tensor("float32", [0, 1, 0], [1, 3]),
  });
  return days?.data[0] as number;
}

process.on("message", async ({ concurrency, seconds }: { concurrency: number; seconds: number }) => {
  process.send?.(await measureLoad(predict, concurrency, seconds));
});
process.send?.(await predict(0));
