/** A body for `POST /predict`, or another request. */
export interface HostileBody {
  input: string;
  method?: string;
  path?: string;
  type?: string;
  body?: string | Uint8Array;
}

const multipart = (input: string, ...parts: string[]): HostileBody => ({
  input: `form: ${input}`,
  type: "multipart/form-data; boundary=b",
  body: `${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`,
});
const field = (name: string, value: string) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
const file = (content: string, filename = "a.jpg", name = "image_files") =>
  `Content-Disposition: form-data; name="${name}"; filename="${filename}"\r\n\r\n${content}`;
const json = (input: string, value: unknown): HostileBody => ({
  input: `JSON: ${input}`,
  type: "application/json",
  body: typeof value === "string" ? value : JSON.stringify(value),
});
const image = { base64: "/9j/", storage_condition: "T20" };
const many = (n: number, part: (i: number) => string) => Array.from({ length: n }, (_, i) => part(i));

/** Requests that are wrong, or too much of something. */
export const hostileBodies: HostileBody[] = [
  multipart("nothing in it"),
  multipart("17 photographs", ...many(17, () => file("x")), ...many(17, () => field("storage_conditions", "T20"))),
  multipart(
    "17 addresses",
    ...many(17, () => field("image_urls", "http://127.0.0.1/")),
    ...many(17, () => field("storage_conditions", "T20")),
  ),
  multipart("1,000 fields", ...many(1_000, (i) => field(`a${i}`, "x"))),
  multipart("1,000 files of other names", ...many(1_000, () => file("x", "a.jpg", "other"))),
  multipart("a field of 1 MB", field("storage_conditions", "T".repeat(1_000_000)), file("x")),
  multipart(
    "an address of 2,049 characters",
    field("image_urls", `http://a.example/${"a".repeat(2_049 - 17)}`),
    field("storage_conditions", "T20"),
  ),
  multipart("a file of more than 10 MB", file("x".repeat(10_000_001)), field("storage_conditions", "T20")),
  multipart("a file name of 50 kB", file("x", "a".repeat(50_000)), field("storage_conditions", "T20")),
  multipart("a file name that leaves the folder", file("x", "../../../etc/passwd"), field("storage_conditions", "T20")),
  multipart(
    "a part with 1,000 headers",
    `${many(1_000, (i) => `X-${i}: y\r\n`).join("")}${file("x")}`,
    field("storage_conditions", "T20"),
  ),
  multipart("a part without a name", "Content-Type: image/jpeg\r\n\r\nx", field("storage_conditions", "T20")),
  multipart(
    "a form within the form",
    `Content-Type: multipart/mixed; boundary=c\r\n${file("--c\r\n\r\nx\r\n--c--")}`,
    field("storage_conditions", "T20"),
  ),
  multipart("fields named `__proto__` and `constructor`", field("__proto__", "x"), field("constructor", "x")),
  { input: "form: no boundary", type: "multipart/form-data", body: "--b\r\n\r\n" },
  {
    input: "form: a boundary of 10 kB",
    type: `multipart/form-data; boundary=${"b".repeat(10_000)}`,
    body: "--b\r\n\r\n",
  },
  { input: "form: it ends within a part", type: "multipart/form-data; boundary=b", body: `--b\r\n${file("half")}` },
  { input: "form: 1 MB of boundaries", type: "multipart/form-data; boundary=b", body: "--b\r\n".repeat(200_000) },
  { input: "form: no form at all", type: "multipart/form-data; boundary=b", body: new Uint8Array(1_000_000) },
  json("none", "{"),
  json("nothing", ""),
  json("`null`", null),
  json("nested 100,000 deep", "[".repeat(100_000) + "]".repeat(100_000)),
  json("1,000 images", { images: Array(1_000).fill(image) }),
  json("`__proto__` with images", '{"__proto__":{"images":[]}}'),
  json("an unknown storage condition", { images: [{ ...image, storage_condition: "T20'; DROP TABLE" }] }),
  json("base64 that is none", { images: [{ ...image, base64: "%%%%" }] }),
  json("both base64 and an address", { images: [{ ...image, url: "http://127.0.0.1/" }] }),
  json("an upload key that leaves the prefix", {
    images: [{ upload_key: "uploads/../serving/champion.json", storage_condition: "T20" }],
  }),
  json("an upload key that was never issued", {
    images: [{ upload_key: `uploads/${"a".repeat(43)}`, storage_condition: "T20" }],
  }),
  { input: "a photograph without a form", type: "image/jpeg", body: new Uint8Array([0xff, 0xd8, 0xff]) },
  {
    input: "XML with an external entity",
    type: "application/xml",
    body: '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  },
  { input: "a gzipped body", type: "application/json", body: new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]) },
  {
    input: "`POST /uploads` of a type that is not read",
    path: "/uploads",
    type: "application/json",
    body: '{"content_type":"image/svg+xml"}',
  },
  { input: "`GET /docs/..%2f..%2fpackage.json`", method: "GET", path: "/docs/..%2f..%2fpackage.json" },
  { input: "`GET /docs/constructor`", method: "GET", path: "/docs/constructor" },
  { input: "`POST /reload-model` without a token", path: "/reload-model" },
  { input: "`PUT /predict`", method: "PUT", path: "/predict" },
];
