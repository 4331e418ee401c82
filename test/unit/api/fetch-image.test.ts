import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createImageFetcher, type FetchRules } from "../../../api/fetch-image.ts";
import { isPublicAddress } from "../../../api/public-address.ts";

const unreachable = "its host cannot be reached on the public internet";
const stop = new AbortController().signal;
const addresses = (...found: string[]): LookupAddress[] =>
  found.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));

describe("an address", () => {
  it.each(["8.8.8.8", "93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::1"])(
    "may lead to %s",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});

describe("a host on the internet", () => {
  /** Stands for the internet; 127.0.0.1 remains what it is. */
  const internet = "127.0.0.2";
  const jpeg = { "content-type": "image/jpeg" };
  let answer: RequestListener;
  let asked: string[];
  let server: ReturnType<typeof createServer>;
  let base: string;
  let rules: Partial<FetchRules>;

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.headers.host?.split(":")[0]}${request.url}`);
      answer(request, response);
    });
    await once(server.listen(0, "0.0.0.0"), "listening");
    const { port } = server.address() as AddressInfo;
    base = `http://public.example:${port}`;
    rules = {
      resolve: async (host) => addresses(host === "public.example" ? internet : "127.0.0.1"),
      isPublic: (address) => address === internet,
      ports: [port],
    };
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const load = (path = "/a.jpg", change: Partial<FetchRules> = {}) =>
    createImageFetcher({ ...rules, ...change })(base + path, stop);
  const redirectTo = (location: string): RequestListener => {
    return (_, response) => void response.writeHead(302, { location }).end();
  };

  it("gives its photograph", async () => {
    answer = (_, response) => void response.writeHead(200, jpeg).end("bytes");
    expect(Buffer.from(await load()).toString()).toBe("bytes");
  });

  it("may redirect three times, also relatively, and no more", async () => {
    answer = (request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.writeHead(200, jpeg).end("bytes");
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    };
    expect(Buffer.from(await load("/3")).toString()).toBe("bytes");
    await expect(load("/4")).rejects.toThrow("it redirects more than 3 times");
  });

  it.each([
    ["http://169.254.169.254:PORT/latest/meta-data/", unreachable],
    ["http://[::1]:PORT/", unreachable],
    ["http://internal.example:PORT/", unreachable],
    ["file:///etc/passwd", "it redirects to an address that is neither https nor http"],
    ["http://user:password@public.example:PORT/", "it redirects to an address that holds credentials"],
    ["http://public.example:22/", "it redirects to an address that names a port other than 80 and 443"],
  ])("may not redirect to %s", async (location, detail) => {
    answer = redirectTo(location.replace("PORT", new URL(base).port));
    await expect(load()).rejects.toMatchObject({ name: "UrlNotLoaded", message: detail });
    expect(asked).toEqual(["public.example/a.jpg"]);
  });

  it("is connected to at the very address that was checked, whatever its name server says next", async () => {
    answer = (_, response) => void response.writeHead(200, jpeg).end("bytes");
    let lookups = 0;
    const resolve = async () => addresses(lookups++ === 0 ? internet : "127.0.0.1");
    const fetchImage = createImageFetcher({ ...rules, resolve });
    await fetchImage(`${base}/`, stop);
    expect(lookups).toBe(1);
    await expect(fetchImage(`${base}/`, stop)).rejects.toThrow(unreachable);
    expect(asked).toHaveLength(1);
  });

  it("may not send more than the limit, said or unsaid", async () => {
    answer = (_, response) => void response.writeHead(200, { ...jpeg, "content-length": 101 }).end("x".repeat(101));
    await expect(load("/", { maxBytes: 100 })).rejects.toThrow("it has more than 100 bytes");
    answer = (_, response) => {
      response.writeHead(200, jpeg);
      const more = setInterval(() => response.write("x".repeat(40)), 5);
      response.on("close", () => clearInterval(more));
    };
    await expect(load("/", { maxBytes: 100 })).rejects.toThrow("it has more than 100 bytes");
  });

  it("may not take for ever, with its head or with its body", async () => {
    answer = () => undefined;
    await expect(load("/", { milliseconds: 200 })).rejects.toThrow("it takes too long");
    answer = (_, response) => {
      response.writeHead(200, jpeg);
      const drops = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(drops));
    };
    await expect(load("/", { milliseconds: 200 })).rejects.toThrow("it takes too long");
  });

  it.each([
    [{ "content-type": "text/html" }, "its content type is not that of a photograph"],
    [{ "content-type": "image/svg+xml" }, "its content type is not that of a photograph"],
    [{}, "its content type is not that of a photograph"],
    [{ ...jpeg, "content-encoding": "gzip" }, "it is compressed, which was not asked for"],
  ])("may not answer with %j", async (headers, detail) => {
    answer = (_, response) => void response.writeHead(200, headers as Record<string, string>).end("bytes");
    await expect(load()).rejects.toThrow(detail);
  });

  it.each([
    [404, "it answers 404"],
    [500, "it answers 500"],
    [304, "it answers 304"],
  ])("may not answer %i", async (status, detail) => {
    answer = (_, response) => void response.writeHead(status).end();
    await expect(load()).rejects.toThrow(detail);
  });

  it("may not break off", async () => {
    answer = (_, response) => {
      response.writeHead(200, { ...jpeg, "content-length": 1000 }).write("half");
      setTimeout(() => response.destroy(), 20);
    };
    await expect(load()).rejects.toThrow("its host does not answer as it should");
  });

  it("is left when the answer is no longer wanted", async () => {
    answer = () => undefined;
    const controller = new AbortController();
    const loading = createImageFetcher(rules)(`${base}/`, controller.signal);
    controller.abort();
    await expect(loading).rejects.toMatchObject({ name: "UrlNotLoaded" });
  });
});
