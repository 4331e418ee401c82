import { afterEach, describe, expect, it } from "vitest";
import { createSignedFetch } from "../../../aws/signed-fetch.ts";
import { createSigner } from "../../../aws/signer.ts";
import { silent, startFaultyProxy } from "../../support/faulty-proxy.ts";
import { apiName, type GatewayOptions, startGateway, taskAddress } from "../../support/gateway/gateway.ts";
import { startAnswering } from "../../support/http.ts";

const region = "us-east-1";
const caller = { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "token+/=" };
const json = { "content-type": "application/json" };
let stop: () => Promise<void>;
afterEach(() => stop?.());

async function open(options: Partial<GatewayOptions> = {}) {
  const { address, asked } = await startAnswering({ status: 200, body: "{}" });
  const gateway = await startGateway({ target: address, caller, region, ...options });
  stop = gateway.stop;
  return { url: gateway.url, asked, fetch: createSignedFetch({ region, credentials: caller }) };
}

/** Status and body of an answer. */
const told = async (response: Response) => [response.status, await response.json()];

describe("the stand-in for the gateway", () => {
  it("takes what the signing client sends", async () => {
    const { url, asked, fetch } = await open();
    for (const path of [
      "/health",
      "/x?filter=a 'b'&run_ids=2&run_ids=1",
      "/x?name=Gr%C3%B6%C3%9Fe&q=a%2Bb%2F",
      "/a%20b",
    ])
      expect((await fetch(url + path, { method: "GET" })).status, path).toBe(200);
    expect((await fetch(`${url}/x`, { method: "POST", headers: json, body: '{"a":"ö"}' })).status).toBe(200);
    expect(asked).toHaveLength(5);
    expect(asked.at(-1)).toMatchObject({ method: "POST", path: "/x", body: { a: "ö" } });
  });

  it.each([
    ["nobody", undefined],
    ["an unknown key", { ...caller, accessKeyId: "OTHER" }],
    ["a wrong secret", { ...caller, secretAccessKey: "guess" }],
    ["a key whose session token is missing", { accessKeyId: "AKID", secretAccessKey: "secret" }],
  ])("rejects what is signed by %s", async (_, credentials) => {
    const { url, asked } = await open();
    const sent = credentials ? createSignedFetch({ region, credentials }) : fetch;
    expect(await told(await sent(`${url}/health`, { method: "GET" }))).toEqual([403, { message: "Forbidden" }]);
    expect(asked).toEqual([]);
  });

  it("rejects a body, a path, a query or a region that was not signed", async () => {
    const { url, asked } = await open();
    const body = "{}";
    const headersFor = (where: string) =>
      createSigner({ region: where, credentials: caller })({ method: "POST", url: new URL(`${url}/x?a=1`), body });
    const send = async (where: string, path: string, sent: string) =>
      (await fetch(url + path, { method: "POST", headers: await headersFor(where), body: sent })).status;
    expect(await send(region, "/x?a=1", body)).toBe(200);
    expect(await send(region, "/x?a=1", '{"b":1}')).toBe(403);
    expect(await send(region, "/y?a=1", body)).toBe(403);
    expect(await send(region, "/x?a=2", body)).toBe(403);
    expect(await send("eu-west-1", "/x?a=1", body)).toBe(403);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ["api-name", apiName],
    ["task-address", taskAddress],
  ] as const)("sends the task %s as Host, unless the integration overwrites it", async (host, seen) => {
    const plain = await open({ host });
    await plain.fetch(`${plain.url}/`, { method: "GET", headers: { "x-forwarded-host": "evil" } });
    expect(plain.asked[0]?.headers).toMatchObject({
      host: seen,
      forwarded: `for=127.0.0.1;host=${apiName};proto=https`,
      via: "HTTP/1.1 AmazonAPIGateway",
      "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
    });
    expect(plain.asked[0]?.headers).not.toHaveProperty("x-forwarded-host");
    await plain.fetch(`${plain.url}/`, { method: "GET" });
    await stop();

    const mapped = await open({ host, requestParameters: { "overwrite:header.host": "mlflow.internal" } });
    await mapped.fetch(`${mapped.url}/`, { method: "GET" });
    expect(mapped.asked[0]?.headers.host).toBe("mlflow.internal");
  });

  it("rejects mappings that API Gateway rejects", async () => {
    for (const header of ["Via", "X-Forwarded-Host", "x-amz-date", "Authorization"]) {
      const requestParameters = { [`overwrite:header.${header}`]: "x" };
      await expect(open({ requestParameters }), header).rejects.toThrow("restricted");
    }
  });

  it("answers 503 when no task answers", async () => {
    const { url, fetch } = await open({ target: "http://127.0.0.1:9" });
    const answered = await fetch(`${url}/health`, { method: "GET" });
    expect(await told(answered)).toEqual([503, { message: "Service Unavailable" }]);
  });

  it.each([
    [503, "Service Unavailable"],
    [504, "Gateway Timeout"],
  ] as const)("answers %i when the task takes too long", async (timeoutStatus, message) => {
    const task = await startFaultyProxy("http://127.0.0.1:9");
    task.setFault(silent);
    const { url, fetch } = await open({ timeout: 1, timeoutStatus, target: task.url });
    expect(await told(await fetch(`${url}/x`, { method: "POST", body: "{}" }))).toEqual([timeoutStatus, { message }]);
    await task.stop();
  });

  it("holds bodies and headers to AWS's quotas", async () => {
    const { url, asked, fetch } = await open();
    const post = (body: string) => fetch(`${url}/x`, { method: "POST", headers: json, body });
    expect((await post(`"${"x".repeat(10 * 1024 * 1024 - 2)}"`)).status).toBe(200);
    expect(await told(await post("x".repeat(10 * 1024 * 1024 + 1)))).toEqual([
      413,
      { message: "Request Entity Too Large" },
    ]);
    const { status } = await fetch(`${url}/x?q=${"x".repeat(10_240)}`, { method: "GET" });
    expect(status).toBe(431);
    expect(asked).toHaveLength(1);
  });

  it("gives the answer back as it is", async () => {
    const { address } = await startAnswering({ status: 404, body: '{"error_code":"RESOURCE_DOES_NOT_EXIST"}' });
    const { url, fetch } = await open({ target: address });
    const answered = await fetch(`${url}/x`, { method: "GET" });
    expect(await told(answered)).toEqual([404, { error_code: "RESOURCE_DOES_NOT_EXIST" }]);
    expect(answered.headers.get("apigw-requestid")).toBeTruthy();
  });
});
