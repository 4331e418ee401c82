import { lookup as dnsLookup, type LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Whether an address belongs to the public internet. Everything with a purpose of its own does not: private, loopback,
 * link-local (the metadata services and the Lambda runtime among it), multicast, and IPv6 forms that wrap an IPv4 address.
 * By hand: the packages that filter (request-filtering-agent, ssrf-req-filter) are agents of `node:http`, which `fetch` does not take.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  // The only part of IPv6 that is allocated; outside it are forms like ::7f00:1.
  return parsed.kind() === "ipv4" || parsed.match(ipaddr.parse("2000::"), 3);
}

export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/** All addresses of a host, as the system knows them. */
export const resolveHost: Resolve = (hostname) =>
  new Promise((resolve, reject) =>
    dnsLookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  );

/** A host that must not be asked. */
export class NotPublicError extends Error {}

/**
 * A look-up for connections that gives nothing but public addresses: what was checked is what is connected to, so no second
 * answer of a name server can come in between. One address that is not public spoils the host.
 */
export function publicLookup(resolve: Resolve, isPublic: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (!first || !addresses.every(({ address }) => isPublic(address))) {
          callback(new NotPublicError("not public"), "", 0);
        } else if (options.all) {
          callback(null, addresses);
        } else {
          callback(null, first.address, first.family);
        }
      },
      (error: NodeJS.ErrnoException) => callback(error, "", 0),
    );
  };
}
