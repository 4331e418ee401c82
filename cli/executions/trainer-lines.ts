import { type TrainingEvent, trainingEvent } from "../../core/contracts/training.ts";
import { parseJson } from "../../core/json.ts";
import { bar, duration, type Progress } from "../terminal/progress.ts";

/** Shows what a trainer printed: an epoch stays as a line, a batch moves the bar. Other output is in the log only. */
export function showTrainerLine(line: string, progress: Progress): void {
  const event = parseEvent(line);
  if (event?.event === "epoch" || event?.event === "warning") progress.line(`    ${describe(event)}`);
  else if (event) progress.now(`    ${describe(event)}`);
}

/** Shows what a kernel printed of its epochs; the rest is in its log. */
export function showKernelOutput(text: string, progress: Progress): void {
  for (const line of text.split("\n").filter((each) => / epoch \d+\/\d+ /.test(each)))
    progress.line(`    ${line.trim()}`);
}

function parseEvent(line: string): TrainingEvent | undefined {
  return line.startsWith("{") ? trainingEvent.safeParse(parseJson(line)).data : undefined;
}

function describe(event: TrainingEvent): string {
  switch (event.event) {
    case "prepare":
      return `unpacking shards ${bar(event.done, event.total)}`;
    case "start":
      return "training begins";
    case "batch":
      return `epoch ${event.epoch}/${event.epochs} ${bar(event.done, event.total)} ${duration(event.secondsLeft)} left`;
    case "epoch": {
      const losses = `loss ${event.trainLoss.toFixed(3)}  validation loss ${event.valLoss.toFixed(3)}  MAE ${event.valMae.toFixed(2)} d`;
      return `${event.phase} epoch ${event.epoch}/${event.epochs}  ${losses}  ${duration(event.seconds)}  at most ${duration(event.secondsLeft)} left`;
    }
    case "finished":
      return "trained and registered";
    case "failed":
      return `training failed: ${event.error}`;
    case "warning":
      return event.message;
  }
}
