import { describe, expect, it } from "vitest";
import { TransientError } from "../../../../core/errors.ts";
import { type RetryOptions, type RetryPolicy, retry } from "../../../../core/http/retry.ts";

const always = { shouldRetry: () => true };

/** Calls what fails with the errors in turn, then succeeds. Notes when each attempt began, in milliseconds. */
async function run(errors: Error[], policy: Partial<RetryPolicy> = {}, options: RetryOptions = always) {
  const began = performance.now();
  const attempts: number[] = [];
  const outcome = await retry(
    async (attempt) => {
      attempts.push(performance.now() - began);
      const error = errors[attempt - 1];
      if (error) throw error;
      return "done";
    },
    { maxAttempts: 5, initialInterval: 1, ...policy },
    options,
  ).catch((error: Error) => error.message);
  return { attempts, outcome };
}

const failures = (count: number) => Array.from({ length: count }, (_, i) => new Error(`failure ${i + 1}`));
const asking = (retryAfter: number) => new TransientError("busy", { retryAfter });

describe("retry", () => {
  it("repeats what fails until it succeeds", async () => {
    expect(await run(failures(2))).toMatchObject({ outcome: "done", attempts: { length: 3 } });
  });

  it("gives up after its attempts with the last error", async () => {
    const { outcome, attempts } = await run(failures(9), { maxAttempts: 3 });
    expect([outcome, attempts.length]).toEqual(["failure 3", 3]);
  });

  it("gives up after its time, whatever attempts are left", async () => {
    const policy = {
      maxAttempts: Number.POSITIVE_INFINITY,
      maxElapsed: 100,
      initialInterval: 10,
      backoffCoefficient: 1,
    };
    const { outcome, attempts } = await run(failures(999), policy);
    expect(outcome).toMatch(/^failure /);
    expect(attempts.length).toBeGreaterThan(2);
    expect(attempts.at(-1)).toBeLessThan(2000);
  });

  it("does not repeat what it may not, and asks with attempt and time", async () => {
    const asked: object[] = [];
    const shouldRetry: RetryOptions["shouldRetry"] = ({ message }, state) => {
      asked.push(state);
      return message !== "failure 2";
    };
    expect(await run(failures(9), {}, { shouldRetry })).toMatchObject({
      outcome: "failure 2",
      attempts: { length: 2 },
    });
    expect(asked).toEqual([
      { attempt: 1, elapsed: expect.any(Number) },
      { attempt: 2, elapsed: expect.any(Number) },
    ]);
  });

  it("waits longer each time, by the coefficient, up to the longest interval", async () => {
    const policy = { initialInterval: 20, backoffCoefficient: 6, maxInterval: 120 };
    const { attempts } = await run(failures(3), policy);
    const [first = 0, second = 0, third = 0] = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0));
    expect(first).toBeGreaterThanOrEqual(19);
    expect(second).toBeGreaterThanOrEqual(119);
    expect(third).toBeGreaterThanOrEqual(119);
    expect(third).toBeLessThan(700);
  });

  it("waits at least as long as the service asks", async () => {
    const { attempts } = await run([asking(120)]);
    expect(attempts[1]).toBeGreaterThanOrEqual(119);
  });

  it.each([
    ["more than it may ask for", { maxRetryAfter: 1000 }],
    ["more than the time that is left", { maxElapsed: 1000 }],
  ])("fails at once when the service asks for %s", async (_, policy) => {
    const { outcome, attempts } = await run([asking(2000)], policy);
    expect([outcome, attempts.length]).toEqual(["busy", 1]);
  });

  it("says what it repeats, but not what it gives up", async () => {
    const said: string[] = [];
    await run(failures(9), { maxAttempts: 3 }, { ...always, onRetry: ({ message }) => void said.push(message) });
    expect(said).toEqual(["failure 1", "failure 2"]);
  });
});
