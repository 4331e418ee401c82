import { execFileSync, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Options, ZipFile } from "yazl";
import { readZip } from "../../../../core/dataset/zip.ts";

const limit = 1 << 20;
/** Bytes that look like the parts of a zip, as a photograph's may: even a descriptor with the right length. */
const trap = Buffer.concat([
  randomBytes(5000),
  Buffer.from([0x50, 0x4b, 7, 8, 1, 2, 3, 4, ...[5000 & 0xff, 5000 >> 8, 0, 0], ...[5000 & 0xff, 5000 >> 8, 0, 0]]),
  Buffer.from("PK\x03\x04PK\x07\x08PK\x01\x02PK\x05\x06", "latin1"),
  randomBytes(70_000),
  Buffer.from("PK\x07\x08", "latin1"),
]);
const files: Record<string, Buffer> = {
  "set/images/a.jpg": trap,
  "set/images/empty.jpg": Buffer.alloc(0),
  "set/images/ä.jpg": randomBytes(300),
  "set/data.csv": Buffer.from("File Name\n".repeat(5000)),
};

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const expected = Object.fromEntries(Object.entries(files).map(([path, content]) => [path, digest(content)]));

function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function* stream(bytes: Uint8Array, size = 1000) {
  yield* pieces(bytes, size);
}
async function unpack(zip: Uint8Array, size?: number) {
  const entries = await Array.fromAsync(readZip(stream(zip, size), limit));
  return Object.fromEntries(
    entries.map((entry) => [entry.path, "rejected" in entry ? entry.rejected : digest(entry.content)]),
  );
}

async function yazl(contents: Record<string, Buffer>, options: Partial<Options>, streamed = false): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(contents)) {
    if (streamed) zip.addReadStreamLazy(path, options, (done) => done(null, readable(content)));
    else zip.addBuffer(content, path, options);
  }
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>));
}
const readable = (content: Buffer) => Readable.from(content.length > 0 ? [content] : []);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zip-"));
  mkdirSync(join(folder, "set/images"), { recursive: true });
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
});
afterAll(() => rmSync(folder, { recursive: true }));
const has = (command: string) =>
  spawnSync(command, ["--version"]).status === 0 || spawnSync(command, ["-v"]).status === 0;

describe("readZip", () => {
  it.each([
    ["stored", { compress: false }, false],
    ["deflated", { compress: true }, false],
    ["stored, of unknown length", { compress: false }, true],
    ["deflated, of unknown length", { compress: true }, true],
    ["stored, of unknown length, zip64", { compress: false, forceZip64Format: true }, true],
    ["deflated, zip64", { compress: true, forceZip64Format: true }, false],
  ] as [string, Partial<Options>, boolean][])("reads files %s", async (_name, options, streamed) => {
    expect(await unpack(await yazl(files, options, streamed))).toEqual(expected);
  });

  it("reads the same in pieces of any size", async () => {
    const zip = await yazl(files, { compress: false }, true);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200_000 }), async (size) => {
        expect(await unpack(zip, size)).toEqual(expected);
      }),
      { numRuns: 15, examples: [[1], [7]] },
    );
  });

  it.skipIf(!has("zip"))("reads what Info-ZIP writes, to a file and to a pipe", async () => {
    for (const level of ["-0", "-6"]) {
      execFileSync("zip", ["-qr", level, `file${level}.zip`, "set"], { cwd: folder });
      expect(await unpack(readFileSync(join(folder, `file${level}.zip`)))).toEqual(expected);
      const piped = execFileSync("sh", ["-c", `zip -qr ${level} - set | cat`], { cwd: folder, maxBuffer: 1 << 24 });
      expect(await unpack(piped)).toEqual(expected);
    }
  });

  it.skipIf(!has("python3"))("reads what Python writes, to a file and to a pipe, stored and deflated", async () => {
    const script = [
      "import sys, zipfile, os",
      "target, method = sys.argv[1:3]",
      "out = os.fdopen(1, 'wb') if target == '-' else target",
      "with zipfile.ZipFile(out, 'w', int(method)) as z:",
      "  for root, _, names in os.walk('set'):",
      "    for name in names:",
      "      with z.open(os.path.join(root, name), 'w', force_zip64=name.startswith('a')) as f: f.write(open(os.path.join(root, name), 'rb').read())",
    ].join("\n");
    for (const method of ["0", "8"]) {
      execFileSync("python3", ["-c", script, `py${method}.zip`, method], { cwd: folder });
      expect(await unpack(readFileSync(join(folder, `py${method}.zip`)))).toEqual(expected);
      const piped = execFileSync("sh", ["-c", `python3 -c "$0" - ${method} | cat`, script], {
        cwd: folder,
        maxBuffer: 1 << 24,
      });
      expect(await unpack(piped)).toEqual(expected);
    }
  });

  it("rejects a file above the limit and reads on", async () => {
    const contents = { "images/big.jpg": Buffer.alloc(limit + 1), "data.csv": Buffer.from("x") };
    for (const compress of [true, false]) {
      for (const streamed of [true, false]) {
        const entries = await unpack(await yazl(contents, { compress }, streamed));
        expect(entries).toEqual({ "images/big.jpg": "too-large", "data.csv": digest(Buffer.from("x")) });
      }
    }
  });

  it("rejects a damaged file and reads on", async () => {
    for (const compress of [true, false]) {
      const zip = await yazl(files, { compress });
      zip.fill(0xaa, 3000, 3050);
      expect(await unpack(zip)).toEqual({ ...expected, "set/images/a.jpg": "damaged" });
    }
  });

  it("says that a zip was cut off, wherever it was", async () => {
    const small = { "a/data.csv": Buffer.from("hello ".repeat(20)), "a/b.jpg": randomBytes(40) };
    for (const compress of [true, false]) {
      for (const streamed of [true, false]) {
        const zip = await yazl(small, { compress }, streamed);
        for (let length = 4; length < zip.length; length++) {
          await expect(unpack(zip.subarray(0, length)), `${length} of ${zip.length}`).rejects.toThrow("was cut off");
        }
      }
    }
  });

  it.each([
    ["a JPEG", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0])],
    ["an empty file", Buffer.alloc(0)],
    ["text", Buffer.from("File Name,Time Stamp")],
  ])("says that %s is not a zip", async (_name, bytes) => {
    await expect(unpack(bytes)).rejects.toMatchObject({ name: "InvalidDataset", message: "The file is not a zip" });
  });

  it.skipIf(!has("zip"))("asks for a zip without a password", async () => {
    execFileSync("zip", ["-qr", "-P", "secret", "secret.zip", "set"], { cwd: folder });
    await expect(unpack(readFileSync(join(folder, "secret.zip")))).rejects.toThrow("encrypted");
  });

  it("asks the source for no more than it needs", async () => {
    const zip = await yazl(files, { compress: false });
    let given = 0;
    const counting = (async function* () {
      for (const piece of pieces(zip, 1000)) {
        given += piece.length;
        yield piece;
      }
    })();
    for await (const entry of readZip(counting, limit)) {
      expect(entry.path).toBe("set/images/a.jpg");
      break;
    }
    expect(given).toBeLessThan(trap.length + 2000);
  });
});
