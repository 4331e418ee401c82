import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createKaggleClient } from "../../../../core/kaggle/client.ts";
import { type Answer, type Asked, json, kaggle, lost } from "./server.ts";

const content = Buffer.from("0123456789");
const opened: number[] = [];
const source = {
  name: "a.bin",
  size: content.length,
  modified: new Date("2026-01-02T03:04:05Z"),
  open: async (from: number) => {
    opened.push(from);
    return Readable.from([content.subarray(from)]);
  },
};
const isStart = ({ method }: Asked) => method === "POST";
const isProbe = ({ headers }: Asked) => headers["content-range"]?.startsWith("bytes */") ?? false;

/** A Kaggle whose uploads end as told; `put` gets the how-manieth content. */
async function uploads(put: (asked: Asked, count: number) => Answer, probe: () => Answer) {
  let puts = 0;
  let starts = 0;
  const server = await kaggle((asked) => {
    if (isStart(asked)) {
      starts++;
      return json({ token: `token${starts}`, createUrl: `${server.url}/upload/${starts}` });
    }
    return isProbe(asked) ? probe() : put(asked, ++puts);
  });
  opened.length = 0;
  return server;
}
const done: Answer = { status: 200, body: "" };
const incomplete = (last?: number): Answer => ({
  status: 308,
  body: "",
  headers: last === undefined ? {} : { range: `bytes=0-${last}` },
});

describe("upload", () => {
  it("announces the file and streams it, without credentials", async () => {
    const { client, asked, bodies } = await uploads(() => done, lostProbe);
    await expect(client.blobs.upload(source)).resolves.toBe("token1");
    expect(bodies()[0]).toEqual({
      type: "DATASET",
      name: "a.bin",
      contentLength: 10,
      lastModifiedEpochSeconds: 1767323045,
    });
    expect(asked[1]?.body.toString()).toBe("0123456789");
    expect(asked[1]?.headers).toMatchObject({ "content-length": "10" });
    expect(asked[1]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ["503", { status: 503, body: "" }],
    ["a lost connection", lost],
  ] as const)("goes on after %s where it broke off", async (_, failure) => {
    const { client, asked } = await uploads(
      (_, count) => (count === 1 ? failure : done),
      () => incomplete(3),
    );
    await client.blobs.upload(source);
    expect(asked.at(-1)?.headers["content-range"]).toBe("bytes 4-9/10");
    expect(asked.at(-1)?.body.toString()).toBe("456789");
    expect(opened).toEqual([0, 4]);
  });

  it("begins anew when nothing has arrived", async () => {
    const { client, asked } = await uploads(
      (_, count) => (count === 1 ? lost : done),
      () => incomplete(),
    );
    await client.blobs.upload(source);
    expect(asked.at(-1)?.body.toString()).toBe("0123456789");
  });

  it("is done when the probe says so", async () => {
    const { client } = await uploads(
      () => lost,
      () => done,
    );
    await expect(client.blobs.upload(source)).resolves.toBe("token1");
    expect(opened).toEqual([0]);
  });

  it("starts another upload when the first has expired", async () => {
    const { client } = await uploads(
      (_, count) => (count === 1 ? lost : done),
      () => ({ status: 404, body: "" }),
    );
    await expect(client.blobs.upload(source)).resolves.toBe("token2");
  });

  it("gives up when each address that it gets has expired", async () => {
    const expired: Answer = { status: 410, body: "" };
    const { client } = await uploads(
      () => expired,
      () => expired,
    );
    await expect(client.blobs.upload(source)).rejects.toMatchObject({ name: "Transient" });
  });

  it("gives up when it gets no byte further", async () => {
    const { client } = await uploads(
      () => lost,
      () => incomplete(3),
    );
    await expect(client.blobs.upload(source)).rejects.toMatchObject({ name: "Transient" });
    expect(opened.length).toBeLessThan(10);
  });

  it("takes a redirection, which moved nothing, for no success", async () => {
    const redirected: Answer = { status: 302, body: "", headers: { location: "/elsewhere" } };
    const { client } = await uploads(
      () => redirected,
      () => redirected,
    );
    await expect(client.blobs.upload(source)).rejects.toThrow(/the upload of a.bin \(302\)/);
  });

  it("keeps nothing of what it has sent", async () => {
    const size = 60_000_000;
    const collect = exposeCollector();
    const open = async () => {
      let left = size;
      return new Readable({
        read() {
          const chunk = Buffer.alloc(Math.min(left, 60_000));
          left -= chunk.length;
          this.push(chunk.length > 0 ? chunk : null);
        },
      });
    };
    const bound = 20_000_000;
    let kept = Number.POSITIVE_INFINITY;
    const server = createServer((request, response) => {
      if (request.method === "POST") {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ token: "t", createUrl: `http://${request.headers.host}/upload` }));
        return;
      }
      request.resume().on("end", async () => {
        // What is collected is freed a little later.
        for (let look = 0; look < 100 && kept > bound; look++) {
          collect();
          await sleep(20);
          kept = process.memoryUsage().arrayBuffers;
        }
        response.end();
      });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = createKaggleClient({ baseUrl, credentials: { username: "jane", key: "k" } });
    await expect(client.blobs.upload({ ...source, size, open })).resolves.toBe("t");
    server.close();
    expect(kept).toBeLessThan(bound);
  });

  it("is rejected once and for all", async () => {
    const { client } = await uploads(() => ({ status: 400, body: "bad" }), lostProbe);
    await expect(client.blobs.upload(source)).rejects.toThrow(/the upload of a.bin \(400\): bad/);
    expect(opened).toEqual([0]);
  });
});

/** Node's garbage collector, which is not there unless it is asked for. */
function exposeCollector(): () => void {
  setFlagsFromString("--expose_gc");
  return runInNewContext("gc");
}

function lostProbe(): Answer {
  return lost;
}
