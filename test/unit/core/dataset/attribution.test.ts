import { describe, expect, it } from "vitest";
import { attributionOf } from "../../../../core/dataset/attribution.ts";

describe("attributionOf", () => {
  it("is what the dataset says of itself", () => {
    expect(attributionOf({ source: "a", title: "A", attribution: "A by B, CC BY 4.0" })).toBe("A by B, CC BY 4.0");
  });

  it("is made of title, DOI and licence where it says no more", () => {
    expect(attributionOf({ source: "a", title: "A", doi: "10.1/a", licence: "CC-BY-4.0" })).toBe(
      "A, https://doi.org/10.1/a, licence CC-BY-4.0",
    );
  });

  it("is nothing for a dataset without a name", () => {
    expect(attributionOf({ source: "a", licence: "MIT" })).toBeUndefined();
  });
});
