import { setTimeout as sleep } from "node:timers/promises";
import type { SecondaryStatus, TrainingJobStatus } from "@aws-sdk/client-sagemaker";
import type { Container } from "./container.ts";
import type { Faults } from "./faults.ts";
import type { CreateTrainingJob } from "./request.ts";

interface Transition {
  Status: SecondaryStatus;
  StartTime: Date;
  EndTime?: Date;
  StatusMessage: string;
}

/** What a job was ended for, other than by itself. */
type StopReason = "Stopped" | "MaxRuntimeExceeded" | "MaxWaitTimeExceeded" | "MaxPendingTimeExceeded";

/** Seconds that a trainer has after SIGTERM: developer guide, "How Amazon SageMaker Runs Your Training Image". */
const graceSeconds = 120;
/** Seconds of training after which a fault strikes. */
const faultAfter = 1;
const startFailures = {
  capacity:
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.",
  image: "ClientError: Cannot pull algorithm container. Make sure the algorithm image is available in the repository.",
  internal: "InternalServerError: We encountered an internal error. Please try again.",
};

/**
 * A training job from its creation to its end. Statuses as the API reference has them for DescribeTrainingJob:
 * InProgress (Starting, Pending, Downloading, Training, Interrupted, Uploading), then Completed, Failed or Stopped.
 */
export class TrainingJob {
  readonly request: CreateTrainingJob;
  readonly arn: string;
  readonly created = new Date();
  status: TrainingJobStatus = "InProgress";
  failureReason: string | undefined;
  trainingStarted: Date | undefined;
  trainingEnded: Date | undefined;
  readonly transitions: Transition[] = [];
  /** Resolves when the job is over. */
  readonly ended: Promise<void>;
  private readonly container: Container;
  private readonly faults: Faults;
  private readonly onChange: (job: TrainingJob) => void;
  private readonly stopping = new AbortController();
  private stopReason: StopReason = "Stopped";

  constructor(
    request: CreateTrainingJob,
    arn: string,
    container: Container,
    faults: Faults,
    onChange: (job: TrainingJob) => void,
  ) {
    this.request = request;
    this.arn = arn;
    this.container = container;
    this.faults = faults;
    this.onChange = onChange;
    this.ended = this.run().catch((error: unknown) => {
      if (this.stopping.signal.aborted) this.end("Stopped", this.stopReason);
      else this.fail(`InternalServerError: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  get secondaryStatus(): SecondaryStatus {
    return this.transitions.at(-1)?.Status ?? "Starting";
  }

  get modified(): Date {
    return this.transitions.at(-1)?.StartTime ?? this.created;
  }

  /** Asks the job to end, as StopTrainingJob and SageMaker's own limits do. */
  stop(reason: StopReason = "Stopped"): void {
    if (this.status !== "InProgress") return;
    this.stopReason = reason;
    this.status = "Stopping";
    this.enter("Stopping", "Stopping the training job");
    this.stopping.abort();
    this.container.stop(graceSeconds);
  }

  /** Ends the job at once, as when the emulator ends. */
  async kill(): Promise<void> {
    this.stop();
    this.container.kill();
    await this.ended;
  }

  private async run(): Promise<void> {
    // The answer of CreateTrainingJob comes first.
    await sleep(0);
    const { MaxRuntimeInSeconds, MaxWaitTimeInSeconds } = this.request.StoppingCondition;
    const waiting =
      MaxWaitTimeInSeconds && setTimeout(() => this.stop("MaxWaitTimeExceeded"), MaxWaitTimeInSeconds * 1000);
    try {
      for (;;) {
        await this.provision();
        const { start } = this.faults.current;
        if (start) return this.fail(startFailures[start]);
        this.enter("Downloading", "Downloading input data");
        this.trainingStarted ??= new Date();
        await this.container.download(this.faults.current.training !== "no-data");
        this.stopping.signal.throwIfAborted();
        const late = setTimeout(() => this.stop("MaxRuntimeExceeded"), MaxRuntimeInSeconds * 1000);
        const interrupted = this.request.EnableManagedSpotTraining && this.faults.takeInterruption();
        const code = await this.train(interrupted).finally(() => clearTimeout(late));
        this.stopping.signal.throwIfAborted();
        if (!interrupted) return await this.conclude(code);
        this.enter("Interrupted", "The training job was interrupted: its machine was taken back");
      }
    } finally {
      clearTimeout(waiting);
    }
  }

  private async provision(): Promise<void> {
    this.enter("Starting", "Starting the training job");
    const { pendingSeconds } = this.faults.current;
    if (pendingSeconds === 0) return;
    this.enter("Pending", "Waiting for a machine");
    await sleep(pendingSeconds * 1000, undefined, { signal: this.stopping.signal });
  }

  private async train(interrupted: boolean): Promise<number> {
    this.enter("Training", "Training image download completed. Training in progress.");
    const running = this.container.run();
    const fault = interrupted ? "interruption" : this.faults.current.training;
    const strike = setTimeout(() => {
      if (fault === "stop") this.stop();
      if (fault === "timeout") this.stop("MaxRuntimeExceeded");
      if (fault === "memory" || fault === "interruption") this.container.kill();
    }, faultAfter * 1000);
    return running.finally(() => clearTimeout(strike));
  }

  private async conclude(code: number): Promise<void> {
    this.trainingEnded = new Date();
    if (code !== 0) return this.fail(`AlgorithmError: ${await this.container.failure()}, exit code: ${code}`);
    this.enter("Uploading", "Uploading generated training model");
    this.end("Completed", "Completed");
  }

  private fail(reason: string): void {
    this.failureReason = reason;
    this.end("Failed", "Failed");
  }

  private end(status: TrainingJobStatus, secondary: StopReason | "Completed" | "Failed"): void {
    this.status = status;
    if (this.trainingStarted) this.trainingEnded ??= new Date();
    this.enter(secondary as SecondaryStatus, this.failureReason ?? `Training job ${status.toLowerCase()}`);
  }

  private enter(Status: SecondaryStatus, StatusMessage: string): void {
    const now = new Date();
    const last = this.transitions.at(-1);
    if (last) last.EndTime = now;
    this.transitions.push({ Status, StartTime: now, StatusMessage });
    this.onChange(this);
  }
}
