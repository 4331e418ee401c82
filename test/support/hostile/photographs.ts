import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

/** A file that is sent as a photograph. Those that are `harmless` are answered with days. */
export interface HostilePhotograph {
  input: string;
  bytes: Uint8Array;
  name?: string;
  harmless?: true;
}

const text = (content: string) => Buffer.from(content, "latin1");
const pngSignature = text("\x89PNG\r\n\x1a\n");

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([text(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** An 8-bit grey PNG that says to be this large; `rows` bytes of zeros stand behind it. */
function png(width: number, height: number, rows: number, ...more: Buffer[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const data = pngChunk("IDAT", deflateSync(new Uint8Array(rows)));
  return Buffer.concat([pngSignature, pngChunk("IHDR", header), ...more, data, pngChunk("IEND", Buffer.alloc(0))]);
}

/** The header of a JPEG that says to be 65,500 x 65,500. */
function hugeJpeg(jpeg: Buffer): Buffer {
  const huge = Buffer.from(jpeg);
  const frame = huge.indexOf(Buffer.from([0xff, 0xc0]));
  huge.writeUInt16BE(65_500, frame + 5);
  huge.writeUInt16BE(65_500, frame + 7);
  return huge;
}

/** Makes them all. */
export async function hostilePhotographs(): Promise<HostilePhotograph[]> {
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  const photograph = sharp({ create: { width: 64, height: 48, channels: 3, background: "grey", noise } });
  const [jpeg, webp, avif] = await Promise.all([
    photograph.clone().jpeg().toBuffer(),
    photograph.clone().webp().toBuffer(),
    photograph.clone().avif().toBuffer(),
  ]);
  const wide = { create: { width: 10_000, height: 5_001, channels: 3 as const, background: "black" } };
  const compressed = pngChunk("zTXt", Buffer.concat([text("a\0\0"), deflateSync(new Uint8Array(50_000_000))]));
  const script = text("<html><script>alert(1)</script></html>");
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://169.254.169.254/"/></svg>';
  const svgz = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0xff, 0xff]);
  return [
    { input: "SVG with an address in it", bytes: text(svg) },
    { input: "SVG behind a comment", bytes: text(`<!-- -->${svg}`) },
    {
      input: "SVG with an external entity",
      bytes: text(`<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>${svg}`),
    },
    { input: "SVGZ", bytes: svgz },
    {
      input: "a script of ImageMagick",
      bytes: text("push graphic-context\nimage over 0,0 0,0 'https://a.example/'\n"),
    },
    { input: "PostScript", bytes: text("%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file\n") },
    { input: "PDF", bytes: text("%PDF-1.7\n") },
    { input: "HTML", bytes: script },
    { input: "GIF that is also JavaScript", bytes: text("GIF89a/*\0\0*/=1;alert(1)") },
    { input: "GIF, TIFF or BMP by its beginning", bytes: text("II*\0\x08\0\0\0") },
    { input: "JPEG that is also HTML", bytes: Buffer.concat([jpeg, script]), harmless: true },
    { input: "JPEG with a ZIP behind it", bytes: Buffer.concat([jpeg, text("PK\x03\x04")]), harmless: true },
    { input: "JPEG called `../../etc/passwd`", bytes: jpeg, name: "../../etc/passwd", harmless: true },
    { input: "PNG called `a.svg`", bytes: png(8, 8, 72), name: "a.svg", harmless: true },
    { input: "nothing but a JPEG's first bytes", bytes: jpeg.subarray(0, 4) },
    { input: "half a JPEG", bytes: jpeg.subarray(0, jpeg.length / 2) },
    { input: "half a WebP", bytes: webp.subarray(0, webp.length / 2) },
    { input: "half an AVIF", bytes: avif.subarray(0, avif.length / 2) },
    { input: "JPEG that says to be 65,500 x 65,500", bytes: hugeJpeg(jpeg) },
    { input: "PNG that says to be 2,147,483,647 x 2,147,483,647", bytes: png(0x7fff_ffff, 0x7fff_ffff, 10) },
    { input: "PNG that says to be 0 x 0", bytes: png(0, 0, 10) },
    { input: "PNG of 1,000,000 x 40 with a row of it", bytes: png(1_000_000, 40, 1_000_001) },
    { input: "PNG of 50,010,000 black pixels in 50 kB", bytes: await sharp(wide).png().toBuffer() },
    {
      input: "WebP of 16,383 x 3,100 in 100 bytes",
      bytes: await sharp({ create: { ...wide.create, width: 16_383, height: 3_100 } })
        .webp({ lossless: true, effort: 0 })
        .toBuffer(),
    },
    { input: "PNG with a comment that unpacks to 50 MB", bytes: png(8, 8, 72, compressed), harmless: true },
    { input: "PNG with a wrong checksum", bytes: Buffer.from(png(8, 8, 72)).fill(0, 29, 33) },
    { input: "PNG without an end", bytes: png(8, 8, 72).subarray(0, 45) },
    { input: "HEIC", bytes: text("\0\0\0\x18ftypheic\0\0\0\0mif1heic") },
    { input: "film (MP4)", bytes: text("\0\0\0\x18ftypmp42\0\0\0\0isommp42") },
  ];
}
