import type { IncomingMessage } from "node:http";

/**
 * Why a request is not forwarded; nothing when it may be. Whatever the proxy forwards is signed with a person's own
 * credentials, so no web page elsewhere may make a browser ask it: neither under another name for this machine (DNS
 * rebinding) nor from another origin.
 */
export function rejectionOf({ headers, method = "GET", url = "" }: IncomingMessage, port: number): string | undefined {
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  const host = headers.host ?? "";
  if (!names.includes(host)) return `This proxy answers to ${names.join(" and ")}, not to '${host}'.`;
  // Anything else, put behind the server's address, could make another address of it.
  if (!url.startsWith("/")) return `This proxy takes paths, not '${url}'.`;
  const { origin } = headers;
  if (origin !== undefined && !names.some((name) => origin === `http://${name}`)) {
    return `This proxy takes no requests from pages of '${origin}'.`;
  }
  const site = headers["sec-fetch-site"];
  const followsLink = method === "GET" && headers["sec-fetch-mode"] === "navigate";
  if (site !== undefined && !["same-origin", "none"].includes(String(site)) && !followsLink) {
    return "This proxy takes no requests from other pages.";
  }
  return undefined;
}
