import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { downloadFile } from "../../../../cli/download/download-file.ts";
import { freePort } from "../../../../local/service.ts";
import { answer, serve, startFileHost } from "../../../support/file-host.ts";

const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251));
const sha256 = createHash("sha256").update(content).digest("hex");
const size = content.length;
const chunked = { "transfer-encoding": "chunked" };
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "download-"));
  path = join(folder, "data.zip");
});
afterEach(() => rmSync(folder, { recursive: true }));
const fetchFrom = (url: string, more: Partial<Parameters<typeof downloadFile>[0]> = {}) =>
  downloadFile({ url, path, size, sha256, backoff: 5, stallSeconds: 1, ...more });
const isWhole = () => readFileSync(path).equals(content);

describe("downloadFile", () => {
  it("leaves the file under its name alone, and does not fetch it twice", async () => {
    const { address, ranges } = await startFileHost(serve(content));
    await fetchFrom(address);
    await fetchFrom(address);
    expect(isWhole()).toBe(true);
    expect(readdirSync(folder)).toEqual(["data.zip"]);
    expect(ranges).toEqual([undefined]);
  });

  it("goes on where a cut connection ended", async () => {
    const { address, ranges } = await startFileHost(serve(content, { cutAfter: 40_000 }), serve(content));
    const retries: string[] = [];
    await fetchFrom(address, { onRetry: (sentence) => retries.push(sentence) });
    expect(isWhole()).toBe(true);
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
    expect(retries).toEqual([expect.stringMatching(/^the connection .*going on at 0\.\d MB$/)]);
  });

  it("goes on where an earlier call gave up", async () => {
    const { address, ranges } = await startFileHost(
      serve(content, { cutAfter: 40_000 }),
      answer(503),
      answer(503),
      serve(content),
    );
    await expect(fetchFrom(address, { attempts: 2 })).rejects.toMatchObject({
      name: "Transient",
      message: expect.stringMatching(/answers 503 \(2 attempts\)\. 0\.0 MB are kept: run the command again to go on/),
    });
    expect(existsSync(path)).toBe(false);
    await fetchFrom(address);
    expect(isWhole()).toBe(true);
    expect(ranges.slice(1)).toEqual(Array(3).fill("bytes=40000-"));
  });

  it("takes a silent connection for a lost one", async () => {
    const { address } = await startFileHost(serve(content, { silentAfter: 30_000 }), serve(content));
    const retries: string[] = [];
    await fetchFrom(address, { onRetry: (sentence) => retries.push(sentence) });
    expect(isWhole()).toBe(true);
    expect(retries[0]).toContain("no byte for 1 s");
  });

  it("waits for a slow host as long as bytes come", async () => {
    const { address, ranges } = await startFileHost(async (_, response) => {
      response.writeHead(200, { "content-length": size });
      for (let at = 0; at < size; at += 10_000) {
        response.write(content.subarray(at, at + 10_000));
        await new Promise((resolve) => setTimeout(resolve, 120));
      }
      response.end();
    });
    await fetchFrom(address);
    expect([isWhole(), ranges.length]).toEqual([true, 1]);
  });

  it("begins anew where the host knows no ranges", async () => {
    const { address } = await startFileHost(serve(content, { cutAfter: 40_000 }), (_, response) =>
      response.writeHead(200, { "content-length": size }).end(content),
    );
    await fetchFrom(address);
    expect(isWhole()).toBe(true);
  });

  it("follows a file that was moved, with what it has of it", async () => {
    const there = await startFileHost(serve(content));
    const { address } = await startFileHost(answer(302, "", { location: `${there.address}/new` }));
    writeFileSync(`${path}.part`, content.subarray(0, 10_000));
    await fetchFrom(address);
    expect(isWhole()).toBe(true);
    expect(there.ranges).toEqual(["bytes=10000-"]);
  });

  it("fetches anew when the first part was of another file", async () => {
    const { address, ranges } = await startFileHost(serve(content));
    writeFileSync(`${path}.part`, Buffer.alloc(10_000));
    await fetchFrom(address);
    expect(isWhole()).toBe(true);
    expect(ranges).toEqual(["bytes=10000-", undefined]);
  });

  it("keeps nothing that has another hash", async () => {
    const { address } = await startFileHost(serve(Buffer.alloc(size)));
    await expect(fetchFrom(address)).rejects.toMatchObject({
      name: "DownloadFailed",
      message: expect.stringContaining(`its SHA-256 is not ${sha256}`),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["rejects", answer(403), "answers 403 Forbidden: the host rejects it"],
    ["has it no more", answer(410), "answers 410 Gone: the file is not there any more"],
    ["answers with a page", answer(200, "<p>", { "content-type": "text/html" }), "a web page instead of the file"],
    ["has a file of another size", serve(content.subarray(1)), "it has 99999 bytes, not 100000"],
    ["sends more than was announced", answer(200, "x".repeat(size + 1), chunked), "it has more than 100000 bytes"],
  ])("does not try again when the host %s", async (_name, wrong, message) => {
    const { address, ranges } = await startFileHost(wrong);
    await expect(fetchFrom(address)).rejects.toMatchObject({
      name: "DownloadFailed",
      message: expect.stringContaining(message),
    });
    expect(ranges).toHaveLength(1);
    expect(existsSync(path)).toBe(false);
  });

  it("says that nobody answers", async () => {
    const url = `http://127.0.0.1:${await freePort()}/data.zip`;
    await expect(fetchFrom(url, { attempts: 2 })).rejects.toMatchObject({
      name: "Transient",
      message: `${url} could not be fetched: the host does not accept connections (ECONNREFUSED) (2 attempts). 0.0 MB are kept: run the command again to go on.`,
    });
  });
});
