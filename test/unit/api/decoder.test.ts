import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, it, vi } from "vitest";
import { Decoder } from "../../../api/decoder.ts";
import { decodeImage, ImageError } from "../../../core/image.ts";

vi.mock("../../../core/image.ts", { spy: true });
const decoding = vi.mocked(decodeImage);
const bytes = new Uint8Array();
const going = () => new AbortController().signal;

beforeEach(() => {
  decoding.mockReset();
});

it("decodes no more photographs at once than it was told, and all of them", async () => {
  let [running, most] = [0, 0];
  decoding.mockImplementation(async () => {
    most = Math.max(most, ++running);
    await sleep(5);
    running--;
    return bytes;
  });
  const decoder = new Decoder(2);
  await Promise.all(Array.from({ length: 16 }, () => decoder.decode(bytes, going())));
  expect({ most, all: decoding.mock.calls.length }).toEqual({ most: 2, all: 16 });
});

it("gives up a photograph whose decoder cannot be stopped, and begins none that waited behind it", async () => {
  const endless = Promise.withResolvers<Uint8Array>();
  decoding.mockReturnValue(endless.promise);
  const decoder = new Decoder(1);
  const stop = new AbortController();
  const rejected = [decoder.decode(bytes, stop.signal), decoder.decode(bytes, stop.signal)];
  await sleep(0);
  stop.abort();
  for (const one of rejected) await expect(one).rejects.toMatchObject({ reason: "too-slow" });
  endless.resolve(bytes);
  await sleep(0);
  expect(decoding).toHaveBeenCalledOnce();
});

it("begins nothing for a request that is over", async () => {
  await expect(new Decoder().decode(bytes, AbortSignal.abort())).rejects.toBeInstanceOf(ImageError);
  expect(decoding).not.toHaveBeenCalled();
});

it("goes on with the next photograph after one that is damaged", async () => {
  decoding.mockRejectedValueOnce(new ImageError("corrupt", "damaged")).mockResolvedValue(bytes);
  const decoder = new Decoder(1);
  await expect(decoder.decode(bytes, going())).rejects.toThrow("damaged");
  expect(await decoder.decode(bytes, going())).toBe(bytes);
});
