import type { LookupAddress } from "node:dns";
import { isIPv6 } from "node:net";

/** Addresses that a stranger may name as that of a photograph. */
export const hostileAddresses = [
  // Schemes and forms.
  "file:///etc/passwd",
  "ftp://example.com/a.jpg",
  "gopher://example.com/",
  "data:image/png;base64,AAAA",
  "javascript:alert(1)",
  "not a url",
  "//example.com/a.jpg",
  "http://",
  "http://[fe80::1%25eth0]/",
  "http://user:password@example.com/",
  "http://169.254.169.254@example.com/",
  "http://example.com:80@127.0.0.1/",
  // Ports.
  "http://example.com:22/",
  "https://example.com:8443/",
  "http://example.com:0/",
  "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
  // Addresses, in every way that a URL can write them.
  "http://127.0.0.1/",
  "http://127.0.0.1./",
  "http://127.1/",
  "http://2130706433/",
  "http://0x7f.0.0.1/",
  "http://0177.0.0.1/",
  "http://①②⑦.0.0.1/",
  "http://127。0。0。1/",
  "http:\\\\127.0.0.1\\",
  "ht\ttp://127.0.0.1/",
  "http://127.0.0.1#@example.com/",
  "http://0.0.0.0/",
  "http://0/",
  "http://10.1.2.3/",
  "http://172.16.0.1/",
  "http://192.168.0.1/",
  "http://100.64.0.1/",
  "http://169.254.169.254/latest/meta-data/",
  "http://169.254.170.2/v2/credentials",
  "http://169.254.170.23/v1/credentials",
  "http://169.254.100.1/",
  "http://192.0.0.192/",
  "http://192.88.99.1/",
  "http://198.18.0.1/",
  "http://203.0.113.9/",
  "http://224.0.0.1/",
  "http://255.255.255.255/",
  "http://[::]/",
  "http://[::1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:a9fe:a9fe]/",
  "http://[::ffff:169.254.170.2]/",
  "http://[::ffff:0:7f00:1]/",
  "http://[::127.0.0.1]/",
  "http://[64:ff9b::169.254.169.254]/",
  "http://[64:ff9b:1::a9fe:a9fe]/",
  "http://[2002:7f00:1::]/",
  "http://[2002:a9fe:a9fe::]/",
  "http://[2001:0:7f00:1::]/",
  "http://[fd00:ec2::254]/latest/meta-data/",
  "http://[fd00:ec2::23]/v1/credentials",
  "http://[fe80::1]/",
  "http://[fec0::1]/",
  "http://[ff02::1]/",
  "http://[100::1]/",
  "http://[2001:db8::1]/",
  // Names.
  "http://localhost/",
  "http://private.example/",
  "http://mixed.example/",
  "http://metadata.example/",
  "http://credentials.example/",
  "http://mapped.example/",
  "http://nat64.example/",
  "http://nobody.example/",
  "http://unknown.example/",
];

/** What a name server answers to the names above. */
const names: Record<string, string[]> = {
  localhost: ["127.0.0.1", "::1"],
  "private.example": ["10.0.0.5"],
  "mixed.example": ["93.184.216.34", "192.168.1.1"],
  "metadata.example": ["169.254.169.254"],
  "credentials.example": ["169.254.170.2"],
  "mapped.example": ["::ffff:169.254.169.254"],
  "nat64.example": ["64:ff9b::a9fe:a9fe"],
  "nobody.example": [],
};

/** What a name server says of a name, for readers of the table. */
export function describeName(url: string): string {
  const found = names[URL.parse(url)?.hostname ?? ""];
  return found ? ` (${found.join(" and ") || "no address"})` : "";
}

/** Looks a name up as that name server would. @throws ENOTFOUND */
export async function resolveName(host: string): Promise<LookupAddress[]> {
  const found = names[host];
  if (!found) throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
  return found.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
}
