import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createImageFetcher, type FetchRules } from "../../../../lambdas/predict/fetch-image.ts";
import { isPublicAddress } from "../../../../lambdas/predict/public-address.ts";

const unreachable = "its host cannot be reached on the public internet";
const stop = new AbortController().signal;
const addresses = (...found: string[]): LookupAddress[] =>
  found.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));

/** A name server of names that strangers may think of, each with the addresses that it would answer. */
const names: Record<string, string[]> = {
  "private.example": ["10.0.0.5"],
  "mixed.example": ["93.184.216.34", "192.168.1.1"],
  "metadata.example": ["169.254.169.254"],
  "credentials.example": ["169.254.170.2"],
  "mapped.example": ["::ffff:169.254.169.254"],
  "nat64.example": ["64:ff9b::a9fe:a9fe"],
  "nobody.example": [],
};

describe("an address that a stranger names", () => {
  it.each([
    // Schemes and forms.
    ["file:///etc/passwd", "it is neither https nor http"],
    ["ftp://example.com/a.jpg", "it is neither https nor http"],
    ["gopher://example.com/", "it is neither https nor http"],
    ["data:image/png;base64,AAAA", "it is neither https nor http"],
    ["javascript:alert(1)", "it is neither https nor http"],
    ["not a url", "it is no URL"],
    ["", "it is no URL"],
    ["//example.com/a.jpg", "it is no URL"],
    ["http://", "it is no URL"],
    ["http://user:password@example.com/", "it holds credentials"],
    ["http://169.254.169.254@example.com/", "it holds credentials"],
    // Ports.
    ["http://example.com:22/", "it names a port other than 80 and 443"],
    ["https://example.com:8443/", "it names a port other than 80 and 443"],
    ["http://example.com:0/", "it names a port other than 80 and 443"],
    ["http://127.0.0.1:9001/2018-06-01/runtime/invocation/next", "it names a port other than 80 and 443"],
    // Addresses, in every way that a URL can write them.
    ["http://127.0.0.1/", unreachable],
    ["http://127.1/", unreachable],
    ["http://2130706433/", unreachable],
    ["http://0x7f.0.0.1/", unreachable],
    ["http://0177.0.0.1/", unreachable],
    ["http://①②⑦.0.0.1/", unreachable],
    ["http://0.0.0.0/", unreachable],
    ["http://0/", unreachable],
    ["http://10.1.2.3/", unreachable],
    ["http://172.16.0.1/", unreachable],
    ["http://192.168.0.1/", unreachable],
    ["http://100.64.0.1/", unreachable],
    ["http://169.254.169.254/latest/meta-data/", unreachable],
    ["http://169.254.170.2/v2/credentials", unreachable],
    ["http://169.254.100.1/", unreachable],
    ["http://192.0.0.192/", unreachable],
    ["http://198.18.0.1/", unreachable],
    ["http://203.0.113.9/", unreachable],
    ["http://224.0.0.1/", unreachable],
    ["http://255.255.255.255/", unreachable],
    ["http://[::]/", unreachable],
    ["http://[::1]/", unreachable],
    ["http://[::ffff:127.0.0.1]/", unreachable],
    ["http://[::ffff:a9fe:a9fe]/", unreachable],
    ["http://[::127.0.0.1]/", unreachable],
    ["http://[64:ff9b::169.254.169.254]/", unreachable],
    ["http://[2002:7f00:1::]/", unreachable],
    ["http://[2001:0:7f00:1::]/", unreachable],
    ["http://[fd00:ec2::254]/latest/meta-data/", unreachable],
    ["http://[fe80::1]/", unreachable],
    ["http://[fec0::1]/", unreachable],
    ["http://[ff02::1]/", unreachable],
    ["http://[100::1]/", unreachable],
    ["http://[2001:db8::1]/", unreachable],
    // Names.
    ["http://localhost/", unreachable],
    ["http://private.example/", unreachable],
    ["http://mixed.example/", unreachable],
    ["http://metadata.example/", unreachable],
    ["http://credentials.example/", unreachable],
    ["http://mapped.example/", unreachable],
    ["http://nat64.example/", unreachable],
    ["http://nobody.example/", unreachable],
    ["http://unknown.example/", unreachable],
  ])("%s is refused: %s", async (url, detail) => {
    const fetchImage = createImageFetcher({
      resolve: async (host) => {
        if (host === "localhost") return addresses("127.0.0.1", "::1");
        const found = names[host];
        if (!found) throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
        return addresses(...found);
      },
    });
    await expect(fetchImage(url, stop)).rejects.toMatchObject({ name: "UrlNotLoaded", message: detail });
  });

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
