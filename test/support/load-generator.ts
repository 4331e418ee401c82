import { quantile } from "d3-array";
import sharp from "sharp";
import { predictForm } from "./api-event.ts";

/** One answer to one of the clients. `started`, `ended`: milliseconds of `performance.now()`. */
export interface Sample {
  phase: string;
  started: number;
  ended: number;
  /** 0 where there was no answer. */
  status: number;
  version: string;
  days: number;
  body: string;
}

/** Clients that ask `/predict` for a black photograph without a pause, each as soon as it has its last answer. */
export class LoadGenerator {
  readonly samples: Sample[] = [];
  private readonly url: string;
  private readonly photograph: Uint8Array;
  private current = "";
  private stopping = false;
  private clients: Promise<void>[] = [];

  private constructor(address: string, photograph: Uint8Array) {
    this.url = `${address}/predict`;
    this.photograph = photograph;
  }

  /** Begins. The first answers, while instances start, belong to the phase "". */
  static async start(address: string, clients = 16): Promise<LoadGenerator> {
    const black = { create: { width: 640, height: 480, channels: 3 as const, background: "black" } };
    const load = new LoadGenerator(address, await sharp(black).jpeg().toBuffer());
    load.clients = Array.from({ length: clients }, () => load.ask());
    return load;
  }

  /** Names what is asked from now on, until `run` ends. @returns the answers to that */
  async phase(name: string, run: () => Promise<unknown>): Promise<Sample[]> {
    this.current = name;
    await run();
    this.current = "";
    return this.samples.filter(({ phase }) => phase === name);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.clients);
  }

  private async ask(): Promise<void> {
    while (!this.stopping) {
      const phase = this.current;
      const started = performance.now();
      const { status, body } = await fetch(this.url, {
        method: "POST",
        body: predictForm([this.photograph], ["T20"]),
        signal: AbortSignal.timeout(60_000),
      }).then(
        async (response) => ({ status: response.status, body: await response.text() }),
        (error: unknown) => ({ status: 0, body: String(error) }),
      );
      const { version, days } = status === 200 ? readAnswer(body) : { version: "", days: Number.NaN };
      this.samples.push({ phase, started, ended: performance.now(), status, version, days, body });
    }
  }
}

function readAnswer(body: string): { version: string; days: number } {
  const { model, prediction } = JSON.parse(body);
  return { version: model.version, days: prediction[0].estimated_days };
}

/** A line for people: requests, failures, latency, and when the first and all answers carried another version. */
export function describePhase(name: string, samples: readonly Sample[], version?: string): string {
  const latency = (share: number) => quantile(samples, share, ({ started, ended }) => ended - started) ?? 0;
  const failed = samples.filter(({ status }) => status !== 200).length;
  const cells = [samples.length, failed, ...[0.5, 0.99, 1].map((share) => `${Math.round(latency(share))} ms`)];
  return [name.padEnd(40), ...cells.map((cell) => String(cell).padStart(9)), takeOver(samples, version)].join(" ");
}

/** The heading of those lines. */
export const phaseHeading = [
  "".padEnd(40),
  ...["requests", "failed", "p50", "p99", "max"].map((cell) => cell.padStart(9)),
  " first / all answers carry the version",
].join(" ");

function takeOver(samples: readonly Sample[], version: string | undefined): string {
  const began = Math.min(...samples.map(({ started }) => started));
  const seconds = (at: number) => `${((at - began) / 1000).toFixed(1)} s`;
  const first = samples.find((sample) => sample.version === version);
  if (!first) return "";
  const late = samples.filter((sample) => sample.version !== version).map(({ ended }) => ended);
  return ` ${seconds(first.ended)} / ${seconds(Math.max(began, ...late))}`;
}
