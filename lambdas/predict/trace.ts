import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import type { Span } from "../../api/observer.ts";

/** Reports spans as parts of the request that Lambda's trace header names. Never throws: a trace is worth no failed answer. */
export type SendSpans = (spans: readonly Span[], traceHeader: string | undefined) => Promise<void>;

/**
 * Sends spans to the X-Ray daemon that Lambda runs with a traced function (`AWS_XRAY_DAEMON_ADDRESS`, `host:port`); undefined
 * where there is none. By hand, since AWS's SDK for it follows every promise of the process: see docs/operations.md.
 */
export function createSpanSender(daemon: string | undefined): SendSpans | undefined {
  const [, host, port] = /^([\d.]+):(\d+)$/.exec(daemon ?? "") ?? [];
  if (!host) return undefined;
  const socket = createSocket("udp4").unref();
  socket.on("error", () => undefined);
  return async (spans, traceHeader) => {
    const trace = parseTraceHeader(traceHeader);
    if (!trace) return;
    const documents = spans.map(({ name, start, end }) => ({
      ...trace,
      id: randomBytes(8).toString("hex"),
      type: "subsegment",
      name,
      start_time: start,
      end_time: end,
    }));
    // Sent before the answer is: afterwards Lambda freezes the process.
    await Promise.all(documents.map((document) => send(`{"format":"json","version":1}\n${JSON.stringify(document)}`)));
  };

  function send(text: string): Promise<void> {
    return new Promise((resolve) => socket.send(text, Number(port), host, () => resolve()));
  }
}

/** Trace and parent of a request that is sampled. */
function parseTraceHeader(header = ""): { trace_id: string; parent_id: string } | undefined {
  const fields = new Map(header.split(";").map((part) => part.trim().split("=", 2) as [string, string]));
  const [trace, parent] = [fields.get("Root"), fields.get("Parent")];
  return fields.get("Sampled") === "1" && trace && parent ? { trace_id: trace, parent_id: parent } : undefined;
}
