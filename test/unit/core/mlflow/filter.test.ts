import { describe, expect, it } from "vitest";
import { equals } from "../../../../core/mlflow/filter.ts";

describe("equals", () => {
  it("quotes a value so that it cannot end the condition", () => {
    expect(equals("name", "a")).toBe("name = 'a'");
    expect(equals("name", "it's")).toBe('name = "it\'s"');
  });

  it("rejects a value that cannot be quoted", () => {
    expect(() => equals("name", `'"`)).toThrow(expect.objectContaining({ name: "InvalidInput" }));
  });
});
