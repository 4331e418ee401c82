/** A reproducible source of random numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [-1, 1). */
  around(): number;
  /** A whole number, 0 to n - 1. */
  below(n: number): number;
  /** The items in random order, as a new array. */
  shuffled<T>(items: readonly T[]): T[];
}

/** The same parts of a seed, whole numbers, give the same numbers on every machine (SplitMix32). */
export function createRandom(...seed: number[]): Random {
  let state = seed.reduce((mixed, part) => scramble(mixed ^ scramble(part + 0x9e3779b9)), 0x243f6a88);
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    return (scramble(state) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    next,
    around: () => next() * 2 - 1,
    below,
    shuffled: (items) => {
      const order = [...items];
      for (let last = order.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [order[last], order[other]] = [order[other] as never, order[last] as never];
      }
      return order;
    },
  };
}

function scramble(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}
