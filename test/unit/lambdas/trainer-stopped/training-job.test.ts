import { describe, expect, it } from "vitest";
import { describeJobEnd } from "../../../../lambdas/trainer-stopped/training-job.ts";

const end = (secondaryStatus: string, failureReason = "") =>
  describeJobEnd({
    name: "avocado-dev-r1-0",
    runId: "r1",
    secondaryStatus,
    failureReason,
    createdAt: new Date(0),
    endedAt: new Date(0),
  });

describe("describeJobEnd", () => {
  it.each([
    [
      "Failed",
      "AlgorithmError: Transient: Could not connect to S3, exit code: 1",
      "Transient",
      /^Could not connect to S3 \(/,
    ],
    [
      "Failed",
      "AlgorithmError: TrainingFailed: FloatingPointError: The loss is nan,\nTry a tenth, exit code: 1",
      "TrainingFailed",
      /^FloatingPointError: The loss is nan,\nTry a tenth \(training job avocado-dev-r1-0\)$/,
    ],
    ["Failed", "AlgorithmError: , exit code: 137", "TrainerOutOfMemory", /more memory/],
    ["Failed", "AlgorithmError: see the log, exit code: 2", "TrainerDied", /exit code: 2$/],
    ["Failed", "CapacityError: Unable to provision requested ML compute capacity.", "NoTrainerCapacity", /Unable to/],
    [
      "Failed",
      "InternalServerError: We encountered an internal error. Please try again.",
      "TrainerInterrupted",
      /lost/,
    ],
    ["Failed", "ClientError: Cannot pull algorithm container.", "TrainerNotStarted", /never started .*Cannot pull/],
    ["Stopped", "", "TrainerStopped", /was stopped .*no reason$/],
    ["MaxRuntimeExceeded", "", "TrainerTimedOut", /sagemaker.maxHours/],
    ["MaxWaitTimeExceeded", "", "NoTrainerCapacity", /no machine/],
  ])("names the end of a job: %s, %s", (status, said, name, words) => {
    const error = end(status, said);
    expect(error.name).toBe(name);
    expect(error.message).toMatch(words);
  });
});
