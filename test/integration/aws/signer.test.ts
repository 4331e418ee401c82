import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createSigner, signableUrl } from "../../../aws/signer.ts";
import { findPythonBin } from "../../../scripts/setup/find-python.ts";
import { root } from "../../../scripts/setup/paths.ts";

const api = "https://abc123.execute-api.eu-west-1.amazonaws.com";
const date = new Date("2026-03-04T05:06:07Z");
const json = "application/json";
const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) % 256);

const requests: { name: string; method: string; url: string; contentType?: string; body?: string | Uint8Array }[] = [
  { name: "no query", method: "GET", url: "/health" },
  { name: "the root", method: "GET", url: "/" },
  { name: "a space written as %20", method: "GET", url: "/api/x?filter=name%20%3D%20'a b'" },
  { name: "a space written as +", method: "GET", url: "/api/x?experiment_name=my+experiment+%2B+1" },
  { name: "a repeated key", method: "GET", url: "/api/x?run_ids=b&run_ids=a&run_ids=c&max_results=3" },
  { name: "a key that begins like another", method: "GET", url: "/api/x?run_id=2&run=1&run-name=3" },
  { name: "a key without a value", method: "GET", url: "/api/x?flag&other=" },
  { name: "slashes, equals signs and ampersands in a value", method: "GET", url: "/x?path=a%2Fb%3Dc%26d" },
  { name: "what RFC 3986 reserves", method: "GET", url: "/x?q=!*'()~_-.:@,;$" },
  { name: "letters beyond ASCII", method: "GET", url: "/x?name=Avocado-Gr%C3%B6%C3%9Fe%20%F0%9F%A5%91" },
  { name: "escapes in the path", method: "GET", url: "/api/artifacts/my%20model/MLmodel%2Bx" },
  { name: "JSON", method: "POST", url: "/api/2.0/mlflow/runs/create", contentType: json, body: '{"a":"ö"}' },
  {
    name: "an upload",
    method: "PUT",
    url: "/api/up?path=m.onnx",
    contentType: "application/octet-stream",
    body: bytes,
  },
  { name: "an empty body", method: "POST", url: "/api/x", contentType: json, body: "" },
  { name: "DELETE with a body", method: "DELETE", url: "/api/x", contentType: json, body: "{}" },
];

describe.each([undefined, "session/token+with=signs"])("createSigner, with the session token %s", (token) => {
  let expected: Record<string, string>[];
  const bodyOf = ({ body = "" }: { body?: string | Uint8Array }) => Buffer.from(body as string);
  beforeAll(() => {
    const asked = requests.map((request) => ({
      method: request.method,
      url: signableUrl(api + request.url).href,
      headers: {
        ...(request.contentType && { "content-type": request.contentType }),
        "x-amz-content-sha256": createHash("sha256").update(bodyOf(request)).digest("hex"),
      },
      body: bodyOf(request).toString("base64"),
      ...(token && { token }),
    }));
    const { stdout, stderr } = spawnSync(findPythonBin("python"), [join(root, "test/fixtures/sign-with-botocore.py")], {
      input: JSON.stringify({ time: date.getTime() / 1000, requests: asked }),
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expected = JSON.parse(stdout);
  });

  it.each(requests.map((request, i) => [request.name, request, i] as const))(
    "signs %s as botocore does",
    async (_, request, i) => {
      const credentials = { accessKeyId: "AKID", secretAccessKey: "secret", ...(token && { sessionToken: token }) };
      const sign = createSigner({ region: "eu-west-1", credentials });
      const { method, contentType, body } = request;
      const signed = await sign({ method, url: signableUrl(api + request.url), contentType, body }, date);
      const theirs = Object.fromEntries(Object.entries(expected[i] ?? {}).map(([k, v]) => [k.toLowerCase(), v]));
      expect(signed.authorization).toBe(theirs.authorization);
      expect(signed["x-amz-date"]).toBe(theirs["x-amz-date"]);
    },
  );
});
