import type { RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { predictLimits } from "../../../core/contracts/predict.ts";

const jpeg = { "content-type": "image/jpeg" };
const answer = (
  status: number,
  headers: Record<string, string | number>,
  body: string | Uint8Array = "",
): RequestListener => {
  return (_, response) => void response.writeHead(status, headers).end(body);
};
const redirectTo = (location: string) => answer(302, { location });
/** Sends a piece again and again, as fast as it is taken or every so many milliseconds. */
const endless = (headers: Record<string, string>, piece: Uint8Array, milliseconds: number): RequestListener => {
  return (_, response) => {
    response.writeHead(200, headers);
    const timer = setInterval(() => response.write(piece), milliseconds);
    response.on("close", () => clearInterval(timer));
  };
};

/**
 * What a public host may do when its photograph is fetched; `slow` ones are given less time than the 10 s that there are.
 * `PORT` in an address is that of the host.
 */
export const hostileHosts: { input: string; slow?: true; answer: RequestListener }[] = [
  { input: "redirects to the metadata service", answer: redirectTo("http://169.254.169.254/latest/meta-data/") },
  { input: "redirects to the Lambda runtime", answer: redirectTo("http://127.0.0.1:9001/2018-06-01/runtime/") },
  { input: "redirects to ::1", answer: redirectTo("http://[::1]/") },
  { input: "redirects to a name of a private address", answer: redirectTo("http://private.example/") },
  { input: "redirects to a file", answer: redirectTo("file:///etc/passwd") },
  { input: "redirects to an address with credentials", answer: redirectTo("http://user:password@public.example/") },
  { input: "redirects to port 22", answer: redirectTo("http://public.example:22/") },
  {
    input: "redirects to a private address at the second hop",
    answer: (request, response) => {
      const location = request.url === "/second" ? "http://10.0.0.1/" : "/second";
      response.writeHead(302, { location }).end();
    },
  },
  {
    input: "redirects to itself without end",
    answer: (request, response) => void response.writeHead(302, { location: request.url ?? "/" }).end(),
  },
  { input: "redirects to nowhere", answer: answer(302, {}) },
  { input: "answers 404", answer: answer(404, {}) },
  { input: "answers 500", answer: answer(500, {}) },
  { input: "answers with HTML", answer: answer(200, { "content-type": "text/html" }, "<p>") },
  { input: "answers with SVG", answer: answer(200, { "content-type": "image/svg+xml" }, "<svg/>") },
  { input: "answers with HTML that is called a JPEG", answer: answer(200, jpeg, "<html><script>") },
  { input: "answers without a content type", answer: answer(200, {}, "bytes") },
  {
    input: "answers with a gzip bomb",
    answer: answer(200, { ...jpeg, "content-encoding": "gzip" }, gzipSync(new Uint8Array(20_000_000))),
  },
  {
    input: "says that it has more than 10 MB",
    answer: answer(
      200,
      { ...jpeg, "content-length": predictLimits.imageBytes + 1 },
      new Uint8Array(predictLimits.imageBytes + 1),
    ),
  },
  { input: "sends without end", answer: endless(jpeg, new Uint8Array(1_000_000), 1) },
  { input: "sends a byte now and then", slow: true, answer: endless(jpeg, new Uint8Array(1), 20) },
  { input: "never answers", slow: true, answer: () => undefined },
  {
    input: "breaks off within its photograph",
    answer: (_, response) => {
      response.writeHead(200, { ...jpeg, "content-length": 1000 }).write("half");
      setTimeout(() => response.destroy(), 20);
    },
  },
  { input: "answers with 40 kB of headers", answer: answer(200, { ...jpeg, a: "a".repeat(40_000) }, "bytes") },
  { input: "answers with no HTTP", answer: (request) => void request.socket.end("SSH-2.0-OpenSSH\r\n") },
];
