import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { rejectionOf } from "../../../../../cli/commands/mlflow/rejection.ts";

const own = { host: "127.0.0.1:5500" };
const asked = (headers: Record<string, string>, method = "GET", url = "/") =>
  rejectionOf({ headers, method, url } as unknown as IncomingMessage, 5500);

describe("rejectionOf", () => {
  it.each([
    ["a program, which says nothing of a page", own],
    ["the page's own name", { host: "localhost:5500" }],
    ["its own page", { ...own, origin: "http://127.0.0.1:5500", "sec-fetch-site": "same-origin" }],
    ["an address typed in", { ...own, "sec-fetch-site": "none" }],
    ["a link on another page", { ...own, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }],
  ])("lets %s through", (_, headers) => {
    expect(asked(headers)).toBeUndefined();
  });

  it.each([
    ["another name", { host: "rebound.example.com:5500" }, "GET"],
    ["no name", {}, "GET"],
    ["another port", { host: "127.0.0.1:80" }, "GET"],
    ["another origin", { ...own, origin: "https://example.com" }, "POST"],
    ["an origin without a name", { ...own, origin: "null" }, "POST"],
    ["another page on this machine", { ...own, origin: "http://localhost:3000" }, "POST"],
    ["an image on another page", { ...own, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, "GET"],
    ["a form on another page", { ...own, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, "POST"],
  ])("rejects %s", (_, headers, method) => {
    expect(asked(headers as Record<string, string>, method)).toMatch(/^This proxy /);
  });

  it.each(["@evil.example.com/", "http://evil.example.com/", ".evil.example.com/"])(
    "rejects '%s', which would make another address of the server's",
    (url) => {
      expect(asked(own, "GET", url)).toContain("takes paths");
    },
  );
});
