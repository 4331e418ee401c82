import { describe, expect, it } from "vitest";
import { createSignedFetch } from "../../../aws/signed-fetch.ts";
import { startAnswering } from "../../support/http.ts";

const options = { region: "eu-west-1", credentials: { accessKeyId: "AKID", secretAccessKey: "secret" } };

describe("createSignedFetch", () => {
  it("signs for API Gateway and sends body and headers as they are", async () => {
    const { address, asked } = await startAnswering({ status: 200, body: "{}" });
    await createSignedFetch(options)(`${address}/api/runs/create`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"a":1}',
    });
    expect(asked[0]).toMatchObject({ method: "POST", path: "/api/runs/create", body: { a: 1 } });
    expect(asked[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "x-amz-date": expect.stringMatching(/^\d{8}T\d{6}Z$/),
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=content-type;host;.*Signature=[0-9a-f]{64}$/,
      ),
    });
  });

  it("sends a space in a query as %20, which is how it was signed", async () => {
    const { address, asked } = await startAnswering({ status: 200, body: "{}" });
    await createSignedFetch(options)(`${address}/search?${new URLSearchParams({ filter: "name = 'a+b'" })}`, {});
    expect(asked[0]?.path).toBe("/search?filter=name%20%3D%20%27a%2Bb%27");
  });
});
