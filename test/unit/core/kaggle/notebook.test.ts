import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { injectParameters, prepareNotebook } from "../../../../core/kaggle/notebook.ts";

const notebook = JSON.stringify({
  nbformat: 4,
  cells: [
    { cell_type: "markdown", metadata: {}, source: ["# Title\n"] },
    {
      cell_type: "code",
      metadata: { tags: ["parameters"] },
      source: ["epochs = 10\n", "name: str = 'x'\n"],
      outputs: [],
    },
    { cell_type: "code", metadata: {}, source: "print(epochs)", outputs: [{ text: "10" }], execution_count: 3 },
  ],
});
const cellsOf = (text: string) => JSON.parse(text).cells as { source: string; outputs?: unknown[] }[];

describe("prepareNotebook", () => {
  it("joins sources and clears outputs", () => {
    const [title, parameters, last] = cellsOf(prepareNotebook(notebook));
    expect(title).not.toHaveProperty("outputs");
    expect(parameters?.source).toBe("epochs = 10\nname: str = 'x'\n");
    expect(last).toMatchObject({ outputs: [], execution_count: null });
  });

  it.each(["", "[]", '{"cells": 1}'])("rejects %s", (text) => {
    expect(() => prepareNotebook(text)).toThrow(/not a Jupyter notebook/);
  });
});

describe("injectParameters", () => {
  it("puts the values behind the defaults", () => {
    const cells = cellsOf(injectParameters(notebook, { epochs: 3, name: 'a "b"\n' }));
    expect(cells[2]?.source).toBe('epochs = 3\nname = "a \\"b\\"\\n"');
  });

  it("replaces values that are there already", () => {
    const cells = cellsOf(injectParameters(injectParameters(notebook, { epochs: 3 }), { epochs: 4 }));
    expect(cells).toHaveLength(4);
    expect(cells[2]?.source).toBe("epochs = 4");
  });

  it("rejects a parameter that the notebook does not know", () => {
    expect(() => injectParameters(notebook, { epoch: 3 })).toThrow(/does not know epoch\./);
  });

  it("rejects a notebook without a parameters cell", () => {
    expect(() => injectParameters('{"cells":[]}', {})).toThrow(/no cell tagged 'parameters'/);
  });

  it("rejects what is not a number", () => {
    expect(() => injectParameters(notebook, { epochs: Number.NaN })).toThrow(/NaN/);
  });

  it("writes what Python reads as the same", () => {
    const values = fc.sample(
      fc.oneof(
        fc.string(),
        fc.string({ unit: "grapheme" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
      100,
    );
    const cells = cellsOf(injectParameters(notebook, { epochs: values }));
    const read = spawnSync("python3", ["-c", `${cells[2]?.source}\nimport json\nprint(json.dumps(epochs))`], {
      encoding: "utf8",
    });
    expect(JSON.parse(read.stdout)).toEqual(values.map((value) => (Object.is(value, -0) ? 0 : value)));
  });
});
