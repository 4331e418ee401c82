import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { S3Client } from "@aws-sdk/client-s3";
import { SendTaskFailureCommand, SFNClient } from "@aws-sdk/client-sfn";
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { S3Store } from "../aws/s3-store.ts";
import { interrupted, launchMessage, trainingJob } from "../core/contracts/training.ts";
import { errorMessage } from "../core/errors.ts";
import { readJson } from "../core/storage.ts";
import { root } from "../scripts/setup/paths.ts";

export interface WorkerOptions {
  queueUrl: string;
  dataBucket: string;
  /** Environment of the trainer: buckets, MLflow and AWS. */
  env: Record<string, string>;
  logFile: string;
  /** Each line that a trainer prints. */
  onLine: (line: string) => void;
}

/** The trainer's host on a laptop, where ECS is in the cloud. */
export interface Worker {
  /** Process ids of the trainers that run now. */
  pids(): number[];
  stop(): Promise<void>;
}

interface Trainer {
  child: ChildProcess;
  ended: Promise<void>;
  askedAgain: boolean;
}

/**
 * Reads jobs from the training queue and runs each in a process of its own. A trainer that dies without a word becomes a
 * SendTaskFailure, as ECS's EventBridge rule does it in the cloud. A job whose run is being trained already is not started
 * next to it: the trainer finds the newer task token in its job file.
 */
export function startWorker(options: WorkerOptions): Worker {
  const sqs = new SQSClient();
  const sfn = new SFNClient();
  const store = new S3Store(new S3Client({ forcePathStyle: true }), options.dataBucket);
  const running = new Map<string, Trainer>();
  const stopping = new AbortController();
  const log = createWriteStream(options.logFile, { flags: "a" });

  async function supervise(runId: string, jobKey: string): Promise<void> {
    const child = spawn(process.execPath, [join(root, "training/tfjs/main.ts")], {
      env: { ...process.env, ...options.env, JOB_KEY: jobKey },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const trainer: Trainer = { child, ended, askedAgain: false };
    running.set(runId, trainer);
    const startToken = readToken(jobKey).catch(() => undefined);
    const last: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.write(`${line}\n`);
        options.onLine(line);
        if (stream === child.stderr) last.push(line);
      });
    }
    await ended;
    running.delete(runId);
    // Asked for while the old trainer was ending, perhaps too late for it to use the new token.
    if (trainer.askedAgain && !stopping.signal.aborted) return supervise(runId, jobKey);
    if (child.exitCode !== 0) await reportDeath(jobKey, await startToken, describeEnd(child, last));
  }

  async function readToken(jobKey: string): Promise<string> {
    return (await readJson(store, jobKey, (value) => trainingJob.parse(value))).taskToken;
  }

  async function reportDeath(jobKey: string, startToken: string | undefined, cause: string): Promise<void> {
    const taskToken = await readToken(jobKey);
    // A later attempt took it up while it was ending: that attempt is to be repeated.
    const error = taskToken === startToken ? "TrainerDied" : interrupted;
    // A trainer that could still speak has reported itself; then its token is spent and this call is rejected.
    await sfn.send(new SendTaskFailureCommand({ taskToken, error, cause })).catch(() => {});
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const received = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl: options.queueUrl, WaitTimeSeconds: 2, MaxNumberOfMessages: 1 }),
          { abortSignal: stopping.signal },
        );
        for (const message of received.Messages ?? []) {
          const { runId, jobKey } = launchMessage.parse(JSON.parse(message.Body ?? ""));
          await sqs.send(
            new DeleteMessageCommand({ QueueUrl: options.queueUrl, ReceiptHandle: message.ReceiptHandle }),
          );
          const trainer = running.get(runId);
          if (trainer) trainer.askedAgain = true;
          else supervise(runId, jobKey).catch((error) => log.write(`${errorMessage(error)}\n`));
        }
      } catch (error) {
        if (stopping.signal.aborted) break;
        log.write(`The training queue could not be read: ${errorMessage(error)}\n`);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  const polling = poll();
  return {
    pids: () => [...running.values()].flatMap(({ child }) => child.pid ?? []),
    async stop() {
      stopping.abort();
      await polling;
      for (const { child } of running.values()) child.kill("SIGTERM");
      const killer = setTimeout(() => {
        for (const { child } of running.values()) child.kill("SIGKILL");
      }, 10_000);
      await Promise.all([...running.values()].map(({ ended }) => ended));
      clearTimeout(killer);
      log.end();
    },
  };
}

function describeEnd(child: ChildProcess, lastLines: string[]): string {
  const how = child.signalCode ? `was ended by ${child.signalCode}` : `exited with code ${child.exitCode}`;
  return `The trainer ${how}. Its last lines:\n${lastLines.slice(-10).join("\n")}`.slice(0, 30_000);
}
