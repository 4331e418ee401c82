const head = (line: string, ...headers: string[]) => [line, "Host: x", ...headers, "", ""].join("\r\n");
const smuggled = head("GET /smuggled HTTP/1.1");

/** Bytes that are no proper HTTP, and the status that Node answers; none where it only hangs up. */
export const hostileConnections: { input: string; bytes: string; status?: number }[] = [
  {
    input: "two lengths, to smuggle a second request",
    bytes: head("POST / HTTP/1.1", "Content-Length: 5", "Content-Length: 6") + smuggled,
    status: 400,
  },
  {
    input: "a length and chunks",
    bytes: `${head("POST / HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n${smuggled}`,
    status: 400,
  },
  {
    input: "an encoding that does not end chunked",
    bytes: head("POST / HTTP/1.1", "Transfer-Encoding: chunked, identity") + smuggled,
    status: 400,
  },
  { input: "a length of `+5`", bytes: head("POST / HTTP/1.1", "Content-Length: +5") + smuggled, status: 400 },
  {
    input: "a space before a header's colon",
    bytes: head("POST / HTTP/1.1", "Transfer-Encoding : chunked") + smuggled,
    status: 400,
  },
  { input: "a folded header", bytes: head("GET / HTTP/1.1", "A: b\r\n c: d") + smuggled, status: 400 },
  { input: "a method that there is not", bytes: head("BREW / HTTP/1.1"), status: 400 },
  { input: "no host", bytes: "GET / HTTP/1.1\r\n\r\n", status: 400 },
  { input: "a header of 20 kB", bytes: head("GET / HTTP/1.1", `A: ${"a".repeat(20_000)}`), status: 431 },
  { input: "a path of 20 kB", bytes: head(`GET /${"a".repeat(20_000)} HTTP/1.1`), status: 431 },
  { input: "an unknown expectation", bytes: head("GET / HTTP/1.1", "Expect: the-unexpected"), status: 417 },
  { input: "a tunnel (`CONNECT`)", bytes: head("CONNECT example.com:443 HTTP/1.1") },
  { input: "TLS", bytes: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", status: 400 },
];
