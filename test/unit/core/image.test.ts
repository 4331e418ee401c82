import { createHash } from "node:crypto";
import sharp, { type Color, type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage, maxPixels } from "../../../core/image.ts";

const plain = (background: Color, width = 300, height = 300) =>
  sharp({ create: { width, height, channels: 3, background } });
/** A photograph with detail, so that its file is long enough to be damaged. */
const noisy = () =>
  sharp({
    create: {
      width: 320,
      height: 320,
      channels: 3,
      noise: { type: "gaussian", mean: 128, sigma: 40 },
      background: "grey",
    },
  });
/** Red left half, blue right half. */
const halves = (width: number, height: number): Sharp =>
  plain("blue", width, height).composite([
    { input: { create: { width: width / 2, height, channels: 3, background: "red" } }, left: 0, top: 0 },
  ]);

function pixel(pixels: Uint8Array, x: number, y: number): number[] {
  return [...pixels.subarray((y * 224 + x) * 3, (y * 224 + x) * 3 + 3)];
}
function expectColour(actual: number[], expected: number[], tolerance = 3) {
  for (const [i, value] of expected.entries())
    expect(Math.abs((actual[i] ?? -999) - value)).toBeLessThanOrEqual(tolerance);
}

describe("decodeImage", () => {
  it.each(["jpeg", "png", "webp", "avif"] as const)("reads %s as 224 x 224 RGB", async (format) => {
    const pixels = await decodeImage(await plain({ r: 60, g: 120, b: 40 }).toFormat(format).toBuffer());
    expect(pixels.length).toBe(224 * 224 * 3);
    expectColour(pixel(pixels, 112, 112), [60, 120, 40]);
  });

  it("gives the same pixels for the same bytes", async () => {
    const bytes = await noisy().jpeg().toBuffer();
    const [first, ...others] = await Promise.all(
      [1, 2, 3, 4].map(async () =>
        createHash("sha256")
          .update(await decodeImage(bytes))
          .digest("hex"),
      ),
    );
    expect(new Set(others)).toEqual(new Set([first]));
  });

  it("keeps the pixels of a photograph that has the size already", async () => {
    const bytes = await noisy().resize(224, 224).png().toBuffer();
    expect(Buffer.from(await decodeImage(bytes)).equals(await sharp(bytes).raw().toBuffer())).toBe(true);
  });

  it("cuts to the centre square", async () => {
    const wide = await plain("blue", 600, 200)
      .composite([
        { input: { create: { width: 200, height: 200, channels: 3, background: "red" } }, left: 200, top: 0 },
      ])
      .png()
      .toBuffer();
    const pixels = await decodeImage(wide);
    expectColour(pixel(pixels, 4, 112), [255, 0, 0]);
    expectColour(pixel(pixels, 219, 112), [255, 0, 0]);
  });

  it("turns a photograph upright as its EXIF orientation says", async () => {
    const pixels = await decodeImage(await halves(400, 300).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    expectColour(pixel(pixels, 112, 20), [255, 0, 0], 6);
    expectColour(pixel(pixels, 112, 200), [0, 0, 255], 6);
  });

  it("puts transparent photographs on white", async () => {
    const clear = sharp({
      create: { width: 250, height: 250, channels: 4, background: { r: 0, g: 80, b: 0, alpha: 0.5 } },
    });
    expectColour(pixel(await decodeImage(await clear.png().toBuffer()), 50, 50), [127, 167, 127]);
  });

  it("reads greyscale, with and without alpha", async () => {
    const grey = plain("#808080").toColourspace("b-w");
    expectColour(pixel(await decodeImage(await grey.clone().jpeg().toBuffer()), 9, 9), [128, 128, 128]);
    expectColour(pixel(await decodeImage(await grey.clone().ensureAlpha(0).png().toBuffer()), 9, 9), [255, 255, 255]);
  });

  it("reads CMYK", async () => {
    const bytes = await plain({ r: 40, g: 110, b: 50 }).toColourspace("cmyk").jpeg().toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe("cmyk");
    expectColour(pixel(await decodeImage(bytes), 112, 112), [40, 110, 50], 30);
  });

  it("reads 16 bits a channel", async () => {
    const bytes = await plain({ r: 200, g: 100, b: 50 }).toColourspace("rgb16").png().toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe("ushort");
    expectColour(pixel(await decodeImage(bytes), 112, 112), [200, 100, 50]);
  });

  it("converts a wide colour profile to sRGB", async () => {
    const bytes = await plain({ r: 60, g: 140, b: 40 }).withIccProfile("p3").png().toBuffer();
    expectColour(pixel(await decodeImage(bytes), 112, 112), [60, 140, 40], 4);
  });

  it("rejects a truncated photograph as corrupt", async () => {
    const bytes = await noisy().jpeg().toBuffer();
    await expect(decodeImage(bytes.subarray(0, bytes.length / 2))).rejects.toMatchObject({
      name: "InvalidImage",
      reason: "corrupt",
    });
  });

  it("rejects a photograph whose middle is damaged", async () => {
    const bytes = await noisy().jpeg().toBuffer();
    bytes.fill(0xff, 20_000, 20_400);
    await expect(decodeImage(bytes)).rejects.toMatchObject({ reason: "corrupt" });
  });

  it("rejects a file that only begins like a photograph", async () => {
    await expect(decodeImage(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]))).rejects.toMatchObject({
      reason: "corrupt",
    });
  });

  it.each([
    ["SVG", "unsupported", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ["SVG behind a declaration", "unsupported", '\ufeff <?xml version="1.0"?><svg/>'],
    ["PDF", "unsupported", "%PDF-1.7\n"],
    ["a bitmap", "unsupported", "BM\x01\x02\x03\x04\0\0\0\0"],
    ["a film", "unsupported", "\0\0\0\x18ftypmp42"],
    ["text", "unknown", "hello"],
    ["text that begins like a bitmap", "unknown", "BMW is a maker of cars"],
    ["nothing", "unknown", ""],
  ])("rejects %s by its content, as %s", async (_name, reason, text) => {
    await expect(decodeImage(Buffer.from(text))).rejects.toMatchObject({ reason });
  });

  it("rejects GIF and TIFF, which libvips could read", async () => {
    for (const format of ["gif", "tiff"] as const) {
      await expect(decodeImage(await plain("red").toFormat(format).toBuffer())).rejects.toMatchObject({
        reason: "unsupported",
      });
    }
  });

  it("asks for JPEG instead of HEIC", async () => {
    const heic = Buffer.concat([Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"), Buffer.alloc(64)]);
    await expect(decodeImage(heic)).rejects.toMatchObject({
      reason: "unsupported",
      message: expect.stringContaining("JPEG"),
    });
  });

  it("rejects more pixels than the caller's limit", async () => {
    const rejected = decodeImage(await plain("red").png().toBuffer(), { maxPixels: 300 * 300 - 1 });
    await expect(rejected).rejects.toMatchObject({ reason: "too-large" });
  });

  it("rejects more pixels than its limit without decoding them", async () => {
    const side = Math.ceil(Math.sqrt(maxPixels)) + 1;
    const bytes = await plain("black", side, side).png({ compressionLevel: 1 }).toBuffer();
    await expect(decodeImage(bytes)).rejects.toMatchObject({ reason: "too-large" });
  });
});
