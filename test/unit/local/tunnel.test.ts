import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTunnel, type Tunnel } from "../../../local/tunnel.ts";

let mlflow: Server;
let address: string;
let asked: { headers: IncomingHttpHeaders; body: string } | undefined;
let tunnel: Tunnel | undefined;
beforeEach(async () => {
  asked = undefined;
  mlflow = createServer(async (request, response) => {
    asked = { headers: request.headers, body: await text(request) };
    response.writeHead(201, { "x-path": request.url }).end("made");
  });
  await once(mlflow.listen(0, "127.0.0.1"), "listening");
  address = `127.0.0.1:${(mlflow.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await tunnel?.close();
  tunnel = undefined;
  mlflow.close();
});

/** In ngrok's place: the local address itself is the one on the internet. */
const forward = async (url: string) => ({ url, close: async () => {} });
const open = async () => {
  tunnel = await openTunnel(`http://${address}`, "token", forward);
  return tunnel;
};
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

describe("openTunnel", () => {
  it("leads to the server for who has the password, as if from this machine", async () => {
    const { url, username, password } = await open();
    const answer = await fetch(`${url}/api/2.0/mlflow/runs/log-metric?a=1`, {
      method: "POST",
      headers: { authorization: basic(username, password), origin: "https://evil.example" },
      body: "{}",
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-path")).toBe("/api/2.0/mlflow/runs/log-metric?a=1");
    expect(await answer.text()).toBe("made");
    expect(asked?.body).toBe("{}");
    expect(asked?.headers.host).toBe(address);
    expect(asked?.headers).not.toHaveProperty("authorization");
    expect(asked?.headers).not.toHaveProperty("origin");
  });

  it.each([undefined, basic("kaggle", "guess"), basic("kaggle", "")])(
    "lets nobody in with %s",
    async (authorization) => {
      const { url } = await open();
      const answer = await fetch(url, { headers: authorization ? { authorization } : {} });
      expect(answer.status).toBe(401);
      expect(asked).toBeUndefined();
    },
  );

  it("has another password each time", async () => {
    const first = (await open()).password;
    await tunnel?.close();
    expect((await open()).password).not.toBe(first);
    expect(first.length).toBeGreaterThanOrEqual(24);
  });

  it("is shut once it is closed", async () => {
    const { url, close } = await open();
    await close();
    tunnel = undefined;
    await expect(fetch(url)).rejects.toThrow();
  });

  it("says without a token where to get one", async () => {
    await expect(openTunnel(`http://${address}`, "")).rejects.toThrow(/dashboard\.ngrok\.com.*NGROK_AUTHTOKEN/s);
  });

  it("says why it cannot be opened and what to do", async () => {
    const reject = () => Promise.reject(new Error("ERR_NGROK_105 the token is wrong"));
    await expect(openTunnel(`http://${address}`, "x", reject)).rejects.toThrow(/ERR_NGROK_105.*Check NGROK_AUTHTOKEN/s);
  });

  it("answers 502 when the server is away", async () => {
    const { url, username, password } = await open();
    mlflow.close();
    mlflow.closeAllConnections();
    expect((await fetch(url, { headers: { authorization: basic(username, password) } })).status).toBe(502);
  });
});
