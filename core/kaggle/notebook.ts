import { z } from "zod";
import { InvalidInputError } from "../errors.ts";

const source = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(""))]);
const cell = z.looseObject({
  cell_type: z.string(),
  source,
  metadata: z.looseObject({ tags: z.array(z.string()).default([]) }).prefault({}),
});
const notebook = z.looseObject({ cells: z.array(cell) });

/** A value that Python can be given in the text of a notebook. */
export type Parameter = string | number | boolean | null | readonly Parameter[];

/** The notebook as Kaggle wants it: no outputs, the source of each cell one string. @throws InvalidInputError */
export function prepareNotebook(text: string): string {
  const read = readNotebook(text);
  const cells = read.cells.map((each) =>
    each.cell_type === "code" ? { ...each, outputs: [], execution_count: null } : each,
  );
  return JSON.stringify({ ...read, cells });
}

/**
 * Puts a cell with values behind the cell that is tagged `parameters`, as papermill does. Each value must have its default
 * there: one that the notebook does not know would be ignored in silence.
 * @throws InvalidInputError
 */
export function injectParameters(text: string, parameters: Record<string, Parameter>): string {
  const read = readNotebook(text);
  const cells = read.cells.filter(({ metadata }) => !metadata.tags.includes("injected-parameters"));
  const at = cells.findIndex(({ metadata }) => metadata.tags.includes("parameters"));
  const defaults = cells[at]?.source;
  if (defaults === undefined) throw new InvalidInputError("The notebook has no cell tagged 'parameters'.");
  const unknown = Object.keys(parameters).filter((name) => !new RegExp(`^${name} *(:.*)?=`, "m").test(defaults));
  if (unknown.length > 0) {
    throw new InvalidInputError(`The notebook's parameters cell does not know ${unknown.join(", ")}.`);
  }
  const lines = Object.entries(parameters).map(([name, value]) => `${name} = ${python(value)}`);
  const injected = {
    cell_type: "code",
    id: "injected-parameters",
    metadata: { tags: ["injected-parameters"] },
    execution_count: null,
    outputs: [],
    source: lines.join("\n"),
  };
  return JSON.stringify({ ...read, cells: cells.toSpliced(at + 1, 0, injected) });
}

function readNotebook(text: string): z.infer<typeof notebook> {
  try {
    return notebook.parse(JSON.parse(text));
  } catch (cause) {
    throw new InvalidInputError("The text is not a Jupyter notebook: JSON with a list of cells is expected.", {
      cause,
    });
  }
}

/** A Python literal. What JSON writes as a string, Python reads as the same string. */
function python(value: Parameter): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new InvalidInputError(`${value} cannot be a parameter of a notebook.`);
    return String(value);
  }
  if (typeof value === "string") return JSON.stringify(value);
  return `[${value.map(python).join(", ")}]`;
}
