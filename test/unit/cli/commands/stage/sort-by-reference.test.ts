import { expect, it } from "vitest";
import { sortByReference } from "../../../../../cli/commands/stage/transfer/sort-by-reference.ts";

const sorted = (names: string, ...references: [string, string][]) =>
  sortByReference(
    [...names].map((name) => ({ name })),
    references,
  )
    .map(({ name }) => name)
    .join("");

it("puts each table after those it refers to, others and itself left aside", () => {
  expect(sorted("abcd", ["a", "c"], ["c", "b"], ["b", "b"], ["d", "elsewhere"])).toBe("bdca");
});

it("says which tables refer to each other in a circle", () => {
  expect(() => sorted("abc", ["a", "b"], ["b", "a"])).toThrow("The tables a, b refer to each other in a circle");
});
