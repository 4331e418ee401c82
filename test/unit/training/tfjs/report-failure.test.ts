import { describe, expect, it } from "vitest";
import { reportFailure } from "../../../../training/tfjs/report-failure.ts";

async function report(record: (done: string[]) => Promise<void>, recordWithin = 60_000) {
  const done: string[] = [];
  const problems: string[] = [];
  await reportFailure({
    record: () => record(done),
    fail: async () => void done.push("state machine"),
    onProblem: (error) => problems.push((error as Error).message),
    recordWithin,
  });
  return { done, problems };
}

describe("reportFailure", () => {
  it("tells the state machine last: the next attempt must not find this one at work", async () => {
    const { done } = await report(async (done) => {
      await new Promise(setImmediate);
      done.push("run");
    });
    expect(done).toEqual(["run", "state machine"]);
  });

  it("tells the state machine although MLflow does not answer", async () => {
    const { done, problems } = await report(() => new Promise(() => {}), 1);
    expect(done).toEqual(["state machine"]);
    expect(problems).toEqual(["MLflow took longer than 0.001 s"]);
  });

  it("tells the state machine although MLflow rejects", async () => {
    const { done, problems } = await report(() => Promise.reject(new Error("away")));
    expect([done, problems]).toEqual([["state machine"], ["away"]]);
  });
});
