import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Api, createApi } from "../../../api/api.ts";
import { imageBytes } from "../../../core/contracts/dataset.ts";
import { FolderStore } from "../../../core/folder-store.ts";
import { decodeImage, ImageError } from "../../../core/image.ts";
import { type Ask, adapters } from "../../support/adapters.ts";
import { apiRequest, predictForm } from "../../support/api-event.ts";
import { publishChampion } from "../../support/champion.ts";

let folder: string;
let api: Api;
let asks: Ask[];
let formBody: Buffer;
let formType: string;
let photographs: Buffer[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hostile-"));
  const store = new FolderStore(folder);
  await publishChampion(store, "1", 0);
  api = createApi(() => ({ store }), new Logger({ logLevel: "SILENT" }));
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  const image = sharp({ create: { width: 48, height: 40, channels: 3, background: "grey", noise } });
  photographs = await Promise.all(
    (["jpeg", "png", "webp", "avif"] as const).map((format) => image.clone().toFormat(format).toBuffer()),
  );
  const request = apiRequest("POST", "/predict", { body: predictForm([photographs[0] as Buffer], ["T20"]) });
  formBody = Buffer.from(await request.bytes());
  formType = request.headers.get("content-type") as string;
});
beforeEach(async () => {
  asks = await Promise.all(adapters.map(([, adapt]) => adapt(api.fetch)));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Answered at all, within the test's time, never as a fault of the server, and by both adapters alike. */
async function expectAnAnswer(contentType: string, body: Uint8Array): Promise<void> {
  // A control character in a header ends at any HTTP server, and at the gateway.
  const reached = /^[\t -~]*$/.test(contentType) ? asks : asks.slice(0, 1);
  const answers = reached.map(async (ask) => {
    const init = { headers: { "content-type": contentType }, body: Buffer.from(body) };
    const { status, bytes } = await ask(apiRequest("POST", "/predict", init));
    const { code } = JSON.parse(bytes.toString());
    return { status, code };
  });
  const [first, second = first] = await Promise.all(answers);
  expect(second).toEqual(first);
  expect(first?.status).toBeGreaterThanOrEqual(200);
  expect(first?.status).toBeLessThan(500);
}

/** Damage to bytes: some overwritten, a range cut out or doubled, the end gone. */
const damage = fc.record({
  overwrite: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 8 }),
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(60),
  how: fc.constantFrom("keep", "cut", "double", "end"),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function applyDamage(bytes: Buffer, { overwrite, from, length, how }: Damage): Buffer {
  const damaged = Buffer.from(bytes);
  for (const [where, value] of overwrite) damaged[Math.floor(where * (bytes.length - 1))] = value;
  const at = Math.floor(from * bytes.length);
  if (how === "end") return damaged.subarray(0, at);
  if (how === "cut") return Buffer.concat([damaged.subarray(0, at), damaged.subarray(at + length)]);
  if (how === "double") return Buffer.concat([damaged.subarray(0, at + length), damaged.subarray(at)]);
  return damaged;
}

it("a damaged form is answered", () =>
  fc.assert(
    fc.asyncProperty(damage, (how) => expectAnAnswer(formType, applyDamage(formBody, how))),
    { numRuns: 150 },
  ));

it("a form of anything between boundaries is answered", () => {
  const header = fc.constantFrom(
    'Content-Disposition: form-data; name="image_files"; filename="a.jpg"',
    'Content-Disposition: form-data; name="storage_conditions"',
    'Content-Disposition: form-data; name="image_urls"',
    'Content-Disposition: form-data; name="__proto__"',
    'Content-Disposition: form-data; name="image_files"; filename="../../etc/passwd"',
    "Content-Disposition: attachment",
    "Content-Disposition",
    "Content-Type: multipart/mixed; boundary=x",
    "Content-Transfer-Encoding: base64",
    "",
  );
  const part = fc.tuple(
    fc.array(header, { maxLength: 3 }),
    fc.constantFrom("T20", "T10", "", "\0", "--b", "x".repeat(5000)),
  );
  const body = fc.tuple(fc.array(part, { maxLength: 40 }), fc.constantFrom("--b--\r\n", "--b", "--b-", ""));
  return fc.assert(
    fc.asyncProperty(body, ([parts, end]) => {
      const text = parts.map(([headers, content]) => `--b\r\n${headers.join("\r\n")}\r\n\r\n${content}\r\n`).join("");
      return expectAnAnswer("multipart/form-data; boundary=b", Buffer.from(text + end, "latin1"));
    }),
    { numRuns: 150 },
  );
});

it("a form with any boundary and names of any length is answered", () => {
  const name = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.nat(70_000).map((length) => "n".repeat(length)),
  );
  const boundary = fc.oneof(
    fc.string({ minLength: 1, maxLength: 80 }),
    fc.constantFrom("-", "--", "\r\n", "b;b", '"b"'),
  );
  return fc.assert(
    fc.asyncProperty(boundary, fc.array(fc.tuple(name, name), { maxLength: 70 }), (edge, parts) => {
      const text = parts.map(
        ([field, file]) =>
          `--${edge}\r\nContent-Disposition: form-data; name="${field}"; filename="${file}"\r\n\r\nx\r\n`,
      );
      const body = Buffer.from(`${text.join("")}--${edge}--\r\n`);
      return expectAnAnswer(`multipart/form-data; boundary=${edge}`, body);
    }),
    { numRuns: 60 },
  );
});

it("any body of any type is answered", () => {
  const type = fc.oneof(
    fc.constantFrom("application/json", "application/x-www-form-urlencoded", "multipart/form-data", ""),
    fc.constantFrom("multipart/form-data; boundary=", "multipart/form-data; boundary=\u0001", "APPLICATION/JSON;x"),
    fc.string(),
  );
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((text) => Buffer.from(text)),
  );
  return fc.assert(fc.asyncProperty(type, body, expectAnAnswer), { numRuns: 200 });
});

it("any JSON about images is answered", () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom("T20", "http://127.0.0.1/", "uploads/../x", "/9j/", "====", ""),
  );
  const key = fc.constantFrom("url", "base64", "upload_key", "storage_condition", "__proto__");
  const image = fc.oneof(fc.dictionary(key, value), value);
  return fc.assert(
    fc.asyncProperty(fc.array(image, { maxLength: 20 }), (images) =>
      expectAnAnswer("application/json", Buffer.from(JSON.stringify({ images }))),
    ),
    { numRuns: 150 },
  );
});

it("a damaged photograph is decoded or rejected as one", () =>
  fc.assert(
    fc.asyncProperty(fc.nat(3), damage, async (which, how) => {
      const bytes = applyDamage(photographs[which] as Buffer, how);
      const pixels = await decodeImage(bytes, { seconds: 5 }).catch((error: unknown) => error);
      if (pixels instanceof Uint8Array) expect(pixels).toHaveLength(imageBytes);
      else expect(pixels).toBeInstanceOf(ImageError);
    }),
    { numRuns: 200 },
  ));
