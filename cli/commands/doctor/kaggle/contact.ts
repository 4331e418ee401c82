import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../../../../core/errors.ts";
import type { KaggleClient } from "../../../../core/kaggle/client.ts";
import type { KaggleCredentials } from "../../../../core/kaggle/credentials.ts";
import type { Answer } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** Kaggle, as it is examined. */
export interface Contact {
  kaggle: KaggleClient;
  credentials: KaggleCredentials;
  /** Also train on a GPU. */
  gpu: boolean;
  /** First part of the names of what is made there, and deleted again. */
  name: string;
  /** Milliseconds between two looks at most; the first come sooner. */
  pause: number;
  /** Milliseconds for which anything is waited for. */
  timeout: number;
  onWait(text: string): void;
}

/** It is as the pipeline assumes. */
export const holds = (check: string, found: string): Finding => ({ check, state: "ok", found });

/** It is not, and the pipeline copes with it or may not. */
export const differs = (check: string, found: string, assumed: string): Finding => ({
  check,
  state: "warning",
  found,
  advice: `Assumed was: ${assumed}. Please report it with this whole page.`,
});

/** Asks Kaggle something. What it rejects, or what does not come, stops the strategy: `missing`. */
export async function tryOut(check: string, question: () => Promise<Answer>): Promise<Finding> {
  try {
    return { ...(await question()), check };
  } catch (error) {
    return { check, state: "missing", found: errorMessage(error) };
  }
}

/**
 * Looks again and again until there is something.
 * @returns it, and after how many seconds
 * @throws Error naming what was waited for
 */
export async function until<T>(
  { pause, timeout, onWait }: Contact,
  what: string,
  look: () => Promise<T | undefined>,
): Promise<{ value: T; seconds: number }> {
  const began = performance.now();
  const passed = () => Math.round((performance.now() - began) / 1000);
  for (let next = Math.min(500, pause); ; next = Math.min(2 * next, pause)) {
    const value = await look();
    if (value !== undefined) return { value, seconds: passed() };
    if (performance.now() - began > timeout) throw new Error(`${what} did not come in ${passed()} s.`);
    onWait(`Waiting for ${what}: ${passed()} s`);
    await sleep(next);
  }
}
