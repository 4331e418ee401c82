import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Span } from "../../../../api/observer.ts";
import { createSpanSender } from "../../../../lambdas/predict/trace.ts";

let daemon: Socket;
let received: string[];
let address: string;

beforeEach(async () => {
  received = [];
  daemon = createSocket("udp4", (message) => void received.push(message.toString()));
  daemon.bind(0, "127.0.0.1");
  await once(daemon, "listening");
  address = `127.0.0.1:${daemon.address().port}`;
});
afterEach(() => void daemon.close());

const header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0";
const spans: Span[] = [
  { name: "decode", start: 10, end: 10.5 },
  { name: "infer", start: 10.5, end: 11 },
];

it("sends each span to the daemon as a part of the request that Lambda names", async () => {
  await createSpanSender(address)?.(spans, header);
  while (received.length < spans.length) await once(daemon, "message");
  const documents = received.map((message) => {
    const [head = "", body = ""] = message.split("\n");
    expect(JSON.parse(head)).toEqual({ format: "json", version: 1 });
    return JSON.parse(body);
  });
  const common = { trace_id: "1-5759e988-bd862e3fe1be46a994272793", parent_id: "53995c3f42cd8ad8", type: "subsegment" };
  expect(documents).toEqual([
    { ...common, id: expect.stringMatching(/^[0-9a-f]{16}$/), name: "decode", start_time: 10, end_time: 10.5 },
    { ...common, id: expect.stringMatching(/^[0-9a-f]{16}$/), name: "infer", start_time: 10.5, end_time: 11 },
  ]);
});

it.each([header.replace("Sampled=1", "Sampled=0"), undefined, "", "nonsense"])(
  "sends nothing of a request that is not traced: %s",
  async (unsampled) => {
    const send = createSpanSender(address);
    await send?.(spans, unsampled);
    await send?.([{ name: "fetch", start: 1, end: 2 }], header);
    while (received.length === 0) await once(daemon, "message");
    expect(received).toHaveLength(1);
    expect(received[0]).toContain("fetch");
  },
);

it("sends nothing where there is no daemon", () => {
  expect(createSpanSender(undefined)).toBeUndefined();
});

it("does not fail a request whose trace cannot be sent", async () => {
  await expect(createSpanSender("127.0.0.1:1")?.(spans, header)).resolves.toBeUndefined();
});
