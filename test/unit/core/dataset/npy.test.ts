import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeShard, encodeShard, ShardWriter } from "../../../../core/dataset/npy.ts";

const bytes = 224 * 224 * 3;
const filled = (value: number) => new Uint8Array(bytes).fill(value);

describe("encodeShard", () => {
  it("writes the header that NumPy writes", () => {
    const { content } = encodeShard([filled(1), filled(2)]);
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 224, 224, 3), }";
    expect(content.subarray(0, 10)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76, 0]));
    expect(content.toString("latin1", 10, 128)).toBe(`${header.padEnd(117)}\n`);
    expect(content.length).toBe(128 + 2 * bytes);
    expect([content[128], content[128 + bytes]]).toEqual([1, 2]);
  });

  it("says by what the shard is recognised as whole", () => {
    const { content, sha256, bytes } = encodeShard([filled(7)]);
    expect({ sha256, bytes }).toEqual({
      sha256: createHash("sha256").update(content).digest("hex"),
      bytes: content.length,
    });
  });

  it("rejects a photograph of another size", () => {
    expect(() => encodeShard([new Uint8Array(3)])).toThrow("3 bytes");
  });
});

describe("ShardWriter", () => {
  it("gives with fewer photographs than it has room for what a writer for that many gives", () => {
    const shard = new ShardWriter(3);
    expect([shard.add(filled(1)), shard.add(filled(2))]).toEqual([0, 1]);
    expect(shard.finish()).toEqual(encodeShard([filled(1), filled(2)]));
  });

  it("has no room for more than it was made for", () => {
    const shard = new ShardWriter(1);
    shard.add(filled(1));
    expect(() => shard.add(filled(2))).toThrow("A shard for 1 photographs is full");
  });
});

describe("decodeShard", () => {
  it("gives back what was encoded", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 70 }), (values) => {
        const { count, pixels } = decodeShard(encodeShard(values.map(filled)).content);
        expect(count).toBe(values.length);
        expect(Buffer.from(pixels).equals(Buffer.concat(values.map(filled)))).toBe(true);
      }),
      { numRuns: 4 },
    );
  });

  it("rejects content that is shorter than its header says", () => {
    const { content } = encodeShard([filled(3)]);
    expect(() => decodeShard(content.subarray(0, -1))).toThrow("not a whole NumPy file of uint8");
    expect(() => decodeShard(Buffer.from("hi"))).toThrow("not a whole NumPy file of uint8");
  });

  it("rejects a gzipped shard, as they were before", () => {
    expect(() => decodeShard(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0]))).toThrow(
      "not a whole NumPy file",
    );
  });
});
