import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeShard, ShardEncoder } from "../../../../core/dataset/npy.ts";

function encodeShard(photographs: Uint8Array[]): Promise<Buffer> {
  const encoder = new ShardEncoder();
  for (const pixels of photographs) encoder.add(pixels);
  return encoder.finish();
}

const bytes = 224 * 224 * 3;
const filled = (value: number) => new Uint8Array(bytes).fill(value);

describe("ShardEncoder", () => {
  it("writes the header that NumPy writes", async () => {
    const content = gunzipSync(await encodeShard([filled(1), filled(2)]));
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 224, 224, 3), }";
    expect(content.subarray(0, 10)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76, 0]));
    expect(content.toString("latin1", 10, 128)).toBe(`${header.padEnd(117)}\n`);
    expect(content.length).toBe(128 + 2 * bytes);
    expect([content[128], content[128 + bytes]]).toEqual([1, 2]);
  });

  it("gives the same bytes for the same photographs", async () => {
    expect((await encodeShard([filled(7)])).equals(await encodeShard([filled(7)]))).toBe(true);
  });

  it("refuses a photograph of another size", () => {
    expect(() => new ShardEncoder().add(new Uint8Array(3))).toThrow("3 bytes");
  });
});

describe("decodeShard", () => {
  it("gives back what was encoded", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(255), { maxLength: 70 }), async (values) => {
        const { count, pixels } = await decodeShard(await encodeShard(values.map(filled)));
        expect(count).toBe(values.length);
        expect(Buffer.from(pixels).equals(Buffer.concat(values.map(filled)))).toBe(true);
      }),
      { numRuns: 4 },
    );
  });

  it("refuses a shard that was cut off", async () => {
    const shard = await encodeShard([filled(3)]);
    await expect(decodeShard(shard.subarray(0, -20))).rejects.toMatchObject({ name: "InvalidDataset" });
  });

  it("refuses content that is shorter than its header says", async () => {
    const content = gunzipSync(await encodeShard([filled(3)]));
    await expect(decodeShard(gzipSync(content.subarray(0, -1)))).rejects.toThrow("not a NumPy file of uint8");
    await expect(decodeShard(gzipSync("hi"))).rejects.toThrow("not a NumPy file of uint8");
  });
});
