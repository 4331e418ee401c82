import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createRequest } from "../../../api/body.ts";
import { unboundedMemory } from "../../../api/memory.ts";
import { type ImageSource, readPredictRequest } from "../../../api/request.ts";
import { apiRequest, predictForm } from "../../support/api-event.ts";

const photo = new Uint8Array([0xff, 0xd8, 0xff, 0, 13, 10, 0x80]);
const asFile = (image: ImageSource) => {
  if (!("bytes" in image)) throw new Error("no file");
  return image;
};
const sent = (type: string, body: string | Uint8Array) => {
  const pieces = async function* () {
    yield Buffer.from(body);
  };
  return readPredictRequest(createRequest("POST", "/predict", [["content-type", type]], pieces), unboundedMemory);
};
const read = async (form: FormData) => {
  const request = apiRequest("POST", "/predict", { body: form });
  return sent(request.headers.get("content-type") ?? "", await request.bytes());
};

describe("readPredictRequest of a multipart form", () => {
  it("keeps every byte of the photographs, and their order", async () => {
    const photos = [randomBytes(70_000), randomBytes(3)];
    const { images, conditions } = await read(predictForm(photos, ["T20", "Tam"]));
    expect(images.map((image) => Buffer.from(asFile(image).bytes))).toEqual(photos);
    expect(images.map((image) => asFile(image).name)).toEqual(["photo-1.jpg", "photo-2.jpg"]);
    expect(conditions).toEqual(["T20", "Tam"]);
  });

  it.each([
    ["no image", [], ["T20"], "No images provided."],
    ["no condition", [photo], [], "No storage conditions provided."],
    ["fewer conditions", [photo, photo], ["T20"], "Number of storage conditions and images do not match."],
    ["an unknown condition", [photo], ["T15"], "Unknown storage condition 'T15'. It is one of T10, T20, Tam."],
  ])("rejects %s with 400", async (_, images, conditions, detail) => {
    const rejected = read(predictForm(images, conditions));
    await expect(rejected).rejects.toMatchObject({ status: 400 });
    await expect(rejected).rejects.toThrow(new RegExp(`^${detail}`));
  });

  it("takes 16 photographs and rejects 17", async () => {
    const form = (n: number) => predictForm(Array(n).fill(photo), Array(n).fill("T20"));
    expect((await read(form(16))).images).toHaveLength(16);
    await expect(read(form(17))).rejects.toMatchObject({ status: 400, name: "TooManyImages" });
  });

  it("rejects a photograph of more than 10 MB with 413", async () => {
    await expect(read(predictForm([new Uint8Array(10_000_001)], ["T20"]))).rejects.toMatchObject({ status: 413 });
  });

  it("rejects a body that ends in the middle of a part", async () => {
    const whole = apiRequest("POST", "/predict", { body: predictForm([randomBytes(1000)], ["T20"]) });
    const half = sent(whole.headers.get("content-type") ?? "", (await whole.bytes()).slice(0, 600));
    await expect(half).rejects.toMatchObject({ status: 400, name: "InvalidForm" });
  });

  it("rejects a photograph without a form with 415", async () => {
    await expect(sent("image/jpeg", "")).rejects.toMatchObject({ status: 415 });
  });

  it("rejects a form without a boundary", async () => {
    await expect(sent("multipart/form-data; a=b", "")).rejects.toMatchObject({ status: 400, name: "InvalidForm" });
  });

  it("puts addresses after files, wherever they stand in the form", async () => {
    const form = new FormData();
    form.append("image_urls", "https://a.example/1");
    form.append("image_files", new Blob([photo]), "photo.jpg");
    for (const condition of ["T20", "T10"]) form.append("storage_conditions", condition);
    const { images } = await read(form);
    expect(images.map((image) => ("url" in image ? image.url : "file"))).toEqual(["file", "https://a.example/1"]);
  });

  it("overlooks the empty part of a browser where no file was chosen", async () => {
    const form = predictForm([photo], ["T20"]);
    form.append("image_files", new Blob([]), "");
    expect((await read(form)).images).toHaveLength(1);
  });

  it("rejects an address that is too long", async () => {
    const form = predictForm([], ["T20"]);
    form.append("image_urls", `https://a.example/${"x".repeat(2048)}`);
    await expect(read(form)).rejects.toMatchObject({ status: 400, name: "FieldTooLong" });
  });

  it("rejects hundreds of parts", async () => {
    const form = predictForm([photo], ["T20"]);
    for (let i = 0; i < 100; i++) form.append(`other-${i}`, "x");
    await expect(read(form)).rejects.toMatchObject({ status: 400 });
  });
});

describe("readPredictRequest of a form without files", () => {
  const type = "application/x-www-form-urlencoded; charset=utf-8";

  it("reads addresses", async () => {
    const body = "image_urls=https%3A%2F%2Fa.example%2F1&image_urls=b&storage_conditions=T10&storage_conditions=Tam";
    expect(await sent(type, body)).toEqual({
      images: [{ url: "https://a.example/1" }, { url: "b" }],
      conditions: ["T10", "Tam"],
    });
  });

  it.each([
    ["", "No images provided."],
    ["image_urls=a", "No storage conditions provided."],
    ["image_urls=a&storage_conditions=T10&storage_conditions=T10", "Number of storage conditions and images do not"],
    [`image_urls=${"a".repeat(2049)}&storage_conditions=T10`, "An image URL has more than 2048 characters."],
  ])("rejects %.60j", async (body, detail) => {
    await expect(sent(type, body)).rejects.toThrow(new RegExp(`^${detail}`));
  });
});

describe("readPredictRequest of JSON", () => {
  const json = (value: unknown) => sent("application/json", JSON.stringify(value));

  it("reads the three ways to give a photograph", async () => {
    const images = [
      { url: "https://a.example/1", storage_condition: "T10" },
      { base64: "/9j/", storage_condition: "T20" },
      { upload_key: "uploads/x", storage_condition: "Tam" },
    ];
    expect(await json({ images })).toEqual({
      images: [
        { url: "https://a.example/1" },
        { name: "", bytes: Buffer.from([0xff, 0xd8, 0xff]) },
        { uploadKey: "uploads/x" },
      ],
      conditions: ["T10", "T20", "Tam"],
    });
  });

  it.each([
    [{}, "No images provided."],
    [{ images: [] }, "No images provided."],
    [{ images: [{ url: "a" }] }, "No storage conditions provided."],
    [{ images: [{ url: "a", storage_condition: "T10" }, { url: "b" }] }, "Number of storage conditions and images"],
    [{ images: [{ url: "a", storage_condition: "T15" }] }, "Unknown storage condition 'T15'."],
    [{ images: [{ storage_condition: "T10" }] }, "The request is wrong."],
    [{ images: [{ url: "a", base64: "", storage_condition: "T10" }] }, "The request is wrong."],
    [{ images: [{ base64: "!", storage_condition: "T10" }] }, "The request is wrong."],
    [{ images: "a" }, "The request is wrong."],
    [[], "The request is wrong."],
    [null, "The request is wrong."],
    [{ images: Array(17).fill({ url: "a", storage_condition: "T10" }) }, "At most 16 images"],
  ])("rejects %j", async (value, detail) => {
    await expect(json(value)).rejects.toMatchObject({ status: 400 });
    await expect(json(value)).rejects.toThrow(new RegExp(`^${detail}`));
  });

  it("rejects what is not valid JSON", async () => {
    const rejected = sent("application/json", "{");
    await expect(rejected).rejects.toMatchObject({ status: 400, name: "InvalidJson" });
  });
});
