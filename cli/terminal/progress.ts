import { clearLine, cursorTo } from "node:readline";

/**
 * Progress for people: finished things stay as lines; what runs now is one line at the bottom that is written over, on a
 * terminal only.
 */
export class Progress {
  private status = "";
  private readonly out: NodeJS.WriteStream;

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.out = out;
  }

  /** A line that stays. */
  line(text: string): void {
    this.clear();
    this.out.write(`${text}\n`);
    this.show();
  }

  /** The line that says what runs now; an empty one removes it. */
  now(text: string): void {
    this.clear();
    this.status = text;
    this.show();
  }

  private clear(): void {
    if (!this.out.isTTY || !this.status) return;
    clearLine(this.out, 0);
    cursorTo(this.out, 0);
  }

  private show(): void {
    if (this.out.isTTY && this.status) this.out.write(this.status.slice(0, (this.out.columns || 120) - 1));
  }
}

/** A bar of 24 characters with a percentage. */
export function bar(done: number, total: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const full = Math.round(share * 24);
  return `${"█".repeat(full)}${"░".repeat(24 - full)} ${String(Math.round(share * 100)).padStart(3)}%`;
}

/** Seconds as `1:05` or `7.3 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
