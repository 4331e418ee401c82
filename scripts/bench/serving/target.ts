import type { Load } from "./load.ts";

/** One that answers how many days are left. */
export interface BenchmarkTarget {
  /** For people. */
  name: string;
  /** What a request hands it. */
  given: string;
  /** Starts it, and has the first photograph answered. */
  start(): Promise<Running>;
}

export interface Running {
  /** Of the process that it began as. */
  pid: number;
  /** Its answer to the first photograph, a fruit stored at 20 °C. */
  days: number;
  /** Asks for so many seconds over so many connections, a photograph each time. */
  measure(concurrency: number, seconds: number): Promise<Load>;
  stop(): Promise<unknown>;
}
