/**
 * Sorts tables so that each comes after those it refers to; a reference to itself does not count.
 * @throws Error where tables refer to each other in a circle
 */
export function sortByReference<T extends { name: string }>(
  tables: readonly T[],
  references: readonly (readonly [from: string, to: string])[],
): T[] {
  const sorted: T[] = [];
  let waiting = [...tables];
  while (waiting.length > 0) {
    const names = new Set(waiting.map(({ name }) => name));
    const isReady = ({ name }: T) => !references.some(([from, to]) => from === name && to !== name && names.has(to));
    const ready = waiting.filter(isReady);
    if (ready.length === 0) throw new Error(`The tables ${[...names].join(", ")} refer to each other in a circle`);
    sorted.push(...ready);
    waiting = waiting.filter((table) => !ready.includes(table));
  }
  return sorted;
}
