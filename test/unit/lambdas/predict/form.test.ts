import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readForm } from "../../../../lambdas/predict/form.ts";
import { apiEvent, predictForm } from "../../../support/api-event.ts";

const photo = new Uint8Array([0xff, 0xd8, 0xff, 0, 13, 10, 0x80]);
const read = async (form: FormData) => readForm(await apiEvent("POST", "/predict", form));

describe("readForm", () => {
  it("keeps every byte of the photographs, and their order", async () => {
    const photos = [randomBytes(70_000), randomBytes(3)];
    const { images, conditions } = await read(predictForm(photos, ["T20", "Tam"]));
    expect(images.map(({ bytes }) => Buffer.from(bytes))).toEqual(photos);
    expect(images.map(({ name }) => name)).toEqual(["photo-1.jpg", "photo-2.jpg"]);
    expect(conditions).toEqual(["T20", "Tam"]);
  });

  it.each([
    ["no image", [], ["T20"], "No images provided."],
    ["no condition", [photo], [], "No storage conditions provided."],
    ["fewer conditions", [photo, photo], ["T20"], "Number of storage conditions and images do not match."],
    ["an unknown condition", [photo], ["T15"], "Unknown storage condition 'T15'. It is one of T10, T20, Tam."],
  ])("refuses %s with 400", async (_, images, conditions, detail) => {
    const refused = read(predictForm(images, conditions));
    await expect(refused).rejects.toMatchObject({ status: 400 });
    await expect(refused).rejects.toThrow(new RegExp(`^${detail}`));
  });

  it("takes 16 photographs and refuses 17", async () => {
    const form = (n: number) => predictForm(Array(n).fill(photo), Array(n).fill("T20"));
    expect((await read(form(16))).images).toHaveLength(16);
    await expect(read(form(17))).rejects.toMatchObject({ status: 400, name: "TooManyImages" });
  });

  it("refuses a photograph of more than 10 MB with 413", async () => {
    await expect(read(predictForm([new Uint8Array(10_000_001)], ["T20"]))).rejects.toMatchObject({ status: 413 });
  });

  it("refuses a body that ends in the middle of a part", async () => {
    const event = await apiEvent("POST", "/predict", predictForm([randomBytes(1000)], ["T20"]));
    const body = Buffer.from(event.body ?? "", "base64")
      .subarray(0, 600)
      .toString("base64");
    await expect(readForm({ ...event, body })).rejects.toMatchObject({ status: 400, name: "InvalidForm" });
  });

  it("refuses what is no multipart form with 415", async () => {
    const event = { ...(await apiEvent("POST", "/predict")), headers: { "content-type": "application/json" } };
    await expect(readForm(event)).rejects.toMatchObject({ status: 415 });
  });

  it("refuses a form without a boundary", async () => {
    const event = { ...(await apiEvent("POST", "/predict")), headers: { "content-type": "multipart/form-data; a=b" } };
    await expect(readForm(event)).rejects.toMatchObject({ status: 400, name: "InvalidForm" });
  });
});
