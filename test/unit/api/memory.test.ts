import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createRequest, readText } from "../../../api/body.ts";
import { chunkOverhead, MemoryBudget } from "../../../api/memory.ts";
import { readPredictRequest } from "../../../api/request.ts";
import { apiRequest, predictForm } from "../../support/api-event.ts";

/** The form as a request that arrives in pieces of so many bytes. */
async function inPieces(form: FormData, length: number, note = () => {}): Promise<Request> {
  const whole = apiRequest("POST", "/predict", { body: form });
  const bytes = Buffer.from(await whole.bytes());
  return createRequest("POST", "/predict", [...whole.headers], async function* () {
    for (let at = 0; at < bytes.length; at += length) {
      yield bytes.subarray(at, at + length);
      note();
    }
  });
}
const busy = { status: 503, name: "Busy", message: "Too many large requests at once." };

describe("MemoryBudget", () => {
  it("is shared by all requests, and gets back what each held when it ends", () => {
    const budget = new MemoryBudget(100);
    const [one, other] = [budget.open(), budget.open()];
    one.hold(60);
    other.hold(40);
    expect(() => other.hold(1)).toThrow(expect.objectContaining(busy));
    expect([one.rejected, other.rejected]).toEqual([false, true]);
    other.end();
    expect(budget.held).toBe(60);
    one.release(20);
    one.end();
    expect(budget.held).toBe(0);
  });
});

describe("what a request holds", () => {
  it("is its photographs once, when they are read", async () => {
    const [budget, photographs] = [new MemoryBudget(1e9), [randomBytes(300_000), randomBytes(100_000)]];
    const memory = budget.open();
    await readPredictRequest(await inPieces(predictForm(photographs, ["T20", "T20"]), 65_536), memory);
    expect(budget.held).toBe(400_000);
  });

  it("grows as the form arrives, and is not what is dropped", async () => {
    const budget = new MemoryBudget(1e9);
    const form = new FormData();
    form.append("other", new Blob([randomBytes(500_000)]), "other.bin");
    form.append("image_files", new Blob([randomBytes(500_000)]), "a.jpg");
    form.append("storage_conditions", "T20");
    const held: number[] = [];
    await readPredictRequest(await inPieces(form, 50_000, () => held.push(budget.held)), budget.open());
    expect(held[8]).toBe(0);
    expect(held[15]).toBeGreaterThan(150_000);
    expect(held[15]).toBeLessThan(350_000);
  });

  it("is a photograph twice while its pieces are joined", async () => {
    const form = predictForm([randomBytes(300_000)], ["T20"]);
    const read = async (limit: number) =>
      readPredictRequest(await inPieces(form, 65_536), new MemoryBudget(limit).open());
    await expect(read(610_000)).resolves.toBeDefined();
    await expect(read(590_000)).rejects.toMatchObject(busy);
  });

  it("is more than its bytes when they come one by one", async () => {
    const form = predictForm([randomBytes(5_000)], ["T20"]);
    const read = async (pieces: number) =>
      readPredictRequest(await inPieces(form, pieces), new MemoryBudget(100_000).open());
    await expect(read(1_000)).resolves.toBeDefined();
    await expect(read(1)).rejects.toMatchObject(busy);
  });

  describe("of a text", () => {
    const pieces = async function* (note = () => {}) {
      for (let i = 0; i < 10; i++) {
        yield Buffer.alloc(1_000, "x");
        note();
      }
    };
    const arrives = (note?: () => void) => createRequest("POST", "/predict", [], () => pieces(note));

    it("is the text as it arrives, four times that while it is read, and then nothing", async () => {
      const budget = new MemoryBudget(1e9);
      const held: number[] = [];
      const note = () => held.push(budget.held);
      await readText(arrives(note), budget.open(), note);
      const piece = 1_000 + chunkOverhead;
      expect(held.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => (i + 1) * piece));
      expect(held[10]).toBe(10 * piece + 30_000);
      expect(budget.held).toBe(0);
    });

    it("is no more than there is", async () => {
      const read = (limit: number) => readText(arrives(), new MemoryBudget(limit).open(), (text) => text.length);
      await expect(read(43_000)).resolves.toBe(10_000);
      await expect(read(42_000)).rejects.toMatchObject(busy);
      await expect(read(5_000)).rejects.toMatchObject(busy);
    });

    it("is the photographs in it, when it is JSON", async () => {
      const budget = new MemoryBudget(1e9);
      const images = [30_000, 60_000].map((length) => ({
        base64: randomBytes(length).toString("base64"),
        storage_condition: "T20",
      }));
      const init = { body: JSON.stringify({ images }), headers: { "content-type": "application/json" } };
      await readPredictRequest(apiRequest("POST", "/predict", init), budget.open());
      expect(budget.held).toBe(90_000);
    });
  });
});
