import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDataset, checkKernel, parseRef, slugify } from "../../../../core/kaggle/checks.ts";

const message = (check: () => void): string => {
  try {
    check();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("slugify", () => {
  it("gives a slug that stays as it is, whatever the title", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (title) => {
        const slug = slugify(title);
        expect(slug).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*)?$/);
        expect(slugify(slug)).toBe(slug);
      }),
    );
  });
});

describe("checkDataset", () => {
  const good = { slug: "avocado-ripening", title: "Avocado ripening" };

  it("accepts exactly titles of 6 to 50 characters", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 80 }), (length) => {
        const said = message(() => checkDataset({ ...good, title: "a".repeat(length) }));
        expect(said === "").toBe(length >= 6 && length <= 50);
      }),
    );
  });

  it("says how the slug must be written", () => {
    expect(message(() => checkDataset({ ...good, slug: "Avocado_Ripening" }))).toContain("write 'avocado-ripening'");
  });

  it("says how much longer the subtitle must be", () => {
    expect(message(() => checkDataset({ ...good, subtitle: "too short" }))).toContain("make it 11 longer");
  });

  it("names all problems at once", () => {
    expect(message(() => checkDataset({ slug: "a", title: "b" })).split("\n")).toHaveLength(3);
  });
});

describe("checkKernel", () => {
  it("accepts a title that makes the slug, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 5, maxLength: 50 }), (title) => {
        const slug = slugify(title);
        fc.pre(slug.length >= 5 && title.trim().length >= 5);
        checkKernel({ slug, title, datasets: ["jane/avocado/3"] });
      }),
    );
  });

  it("rejects a title that makes another slug", () => {
    expect(message(() => checkKernel({ slug: "avocado", title: "Guacamole", datasets: [] }))).toContain("'guacamole'");
  });

  it.each(["avocado", "a/b/c", "a/b/1/2"])("rejects the dataset %s", (source) => {
    expect(message(() => checkKernel({ slug: "avocado", title: "Avocado", datasets: [source] }))).toContain(source);
  });
});

describe("parseRef", () => {
  it("reads owner and slug", () => expect(parseRef("jane/avocado")).toEqual({ owner: "jane", slug: "avocado" }));
  it.each(["avocado", "a/b/c", "/b", "a/"])("rejects %s", (text) =>
    expect(() => parseRef(text)).toThrow(/owner\/slug/),
  );
});
