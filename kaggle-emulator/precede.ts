/** The notebook with cells of these sources before its own. */
export function precede(text: string, sources: readonly string[]): string {
  const notebook = JSON.parse(text) as { cells: unknown[] };
  const cells = sources.map((source, i) => ({
    ...{ cell_type: "code", id: `before-${i}`, metadata: {}, outputs: [], execution_count: null },
    source,
  }));
  return JSON.stringify({ ...notebook, cells: [...cells, ...notebook.cells] });
}
