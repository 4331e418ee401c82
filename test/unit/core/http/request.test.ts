import { describe, expect, it } from "vitest";
import {
  ConnectionError,
  describeCause,
  fetchJson,
  readRetryAfter,
  readText,
  send,
} from "../../../../core/http/request.ts";
import { freePort } from "../../../../local/service.ts";
import { answer, serve, startFileHost } from "../../../support/file-host.ts";
import { lostAnswer, startAnswering } from "../../../support/http.ts";

describe("send", () => {
  it("gives a response of any status", async () => {
    const { address } = await startAnswering({ status: 500, body: "away" });
    const response = await send(address, { timeout: 1000 });
    expect([response.status, await readText(response)]).toEqual([500, "away"]);
  });

  it("names the cause when nothing answers", async () => {
    const port = await freePort();
    const sending = send(`http://127.0.0.1:${port}`, { timeout: 1000 });
    await expect(sending).rejects.toThrow(ConnectionError);
    await expect(sending).rejects.toMatchObject({
      name: "Transient",
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it("gives up after its time", async () => {
    const { address } = await startFileHost(() => undefined);
    await expect(send(address, { timeout: 20 })).rejects.toThrow(/timeout/);
  });

  it("says that a response is not complete", async () => {
    const { address } = await startFileHost(serve(Buffer.alloc(100_000), { cutAfter: 10 }));
    const response = await send(address, { timeout: 1000 });
    await expect(readText(response)).rejects.toThrow(ConnectionError);
  });
});

describe("fetchJson", () => {
  const fetchFrom = async (status: number, body: string) => {
    const { address } = await startFileHost(answer(status, body));
    return fetchJson(address, { timeout: 1000 }).catch(({ message }: Error) => message.replace(address, "URL"));
  };

  it.each([
    [200, '{"a":[1]}', { a: [1] }],
    [200, "null", null],
    [404, "No such thing", "URL answers 404: No such thing"],
    [503, "", "URL answers 503: Service Unavailable"],
    [200, "<html>\n<body>", "URL answers with something that is not JSON: '<html> <body>...'"],
  ])("takes %i with %j as %j", async (status, body, expected) => {
    expect(await fetchFrom(status, body)).toEqual(expected);
  });

  it("says which address does not answer, and why, as a failure that passes", async () => {
    const { address } = await startAnswering(lostAnswer);
    await expect(fetchJson(address, { timeout: 1000 })).rejects.toMatchObject({
      name: "Transient",
      message: `${address} does not answer: other side closed`,
      cause: expect.any(ConnectionError),
    });
  });
});

describe("readRetryAfter", () => {
  const read = (value?: string) => readRetryAfter(new Response("", { headers: value ? { "retry-after": value } : {} }));

  it.each([
    ["3", 3000],
    ["0", 0],
    ["soon", undefined],
    [undefined, undefined],
    ["Wed, 21 Oct 2015 07:28:00 GMT", 0],
  ])("reads %j as %j", (value, milliseconds) => {
    expect(read(value)).toBe(milliseconds);
  });

  it("reads a date to come as the time until then", () => {
    const wait = read(new Date(Date.now() + 5000).toUTCString());
    // Dates have whole seconds.
    expect(wait).toBeGreaterThan(3500);
    expect(wait).toBeLessThanOrEqual(5000);
  });
});

it("describes the end of a chain of causes, by its code where it has no message", () => {
  const rejected = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
  const error = new TypeError("fetch failed", { cause: new Error("socket", { cause: rejected }) });
  expect(describeCause(error)).toBe("ECONNREFUSED");
  expect(describeCause("a word")).toBe("a word");
});
