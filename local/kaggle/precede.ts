/** The notebook with cells of these sources before its own. */
export function precede(text: string, sources: readonly string[]): string {
  const notebook = JSON.parse(text) as { cells: unknown[] };
  const cells = sources.map((source, i) => ({
    ...{ cell_type: "code", id: `before-${i}`, metadata: {}, outputs: [], execution_count: null },
    source,
  }));
  return JSON.stringify({ ...notebook, cells: [...cells, ...notebook.cells] });
}

/** A cell after which these modules cannot be imported. */
export function forbidImports(modules: readonly string[]): string {
  return `
import sys


class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ${JSON.stringify(modules)}:
            raise ImportError(f"Fault on demand: {name} cannot be imported")


sys.meta_path.insert(0, Forbidden())
`;
}
