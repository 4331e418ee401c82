import { timingSafeEqual } from "node:crypto";

/** Whether a request names the secret. Takes as long for one wrong secret as for another of its length. */
export function isFromOrigin(given: string | undefined, secret: string): boolean {
  const [left, right] = [Buffer.from(given ?? ""), Buffer.from(secret)];
  return left.length === right.length && left.length > 0 && timingSafeEqual(left, right);
}
