import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { z } from "zod";
import { ApiError } from "./api-error.ts";
import { Container, type ContainerOptions } from "./container.ts";
import { describeJob, eventOf, type TrainingJobEvent } from "./describe.ts";
import { Faults } from "./faults.ts";
import { createTrainingJob } from "./request.ts";
import { TrainingJob } from "./training-job.ts";

export interface SageMakerEmulatorOptions extends Omit<ContainerOptions, "root"> {
  /** Begun afresh at each start. */
  folder: string;
  port: number;
  region: string;
  account: string;
  /** Told of each change of a job's status, as EventBridge is. */
  onEvent(event: TrainingJobEvent): void;
}

export interface SageMakerEmulator {
  url: string;
  /** Ends the server and the jobs that run. */
  stop(): Promise<void>;
}

const named = z.object({ TrainingJobName: z.string() });

/**
 * Starts a local SageMaker on the loopback interface: the calls for training jobs that this project makes, in AWS's JSON
 * protocol 1.1. It really runs the trainer, in the layout of `/opt/ml` below a folder, without a container and on the
 * processor. Sources: SageMaker's API reference, and its developer guide on training containers.
 */
export async function startSageMakerEmulator(options: SageMakerEmulatorOptions): Promise<SageMakerEmulator> {
  await rm(options.folder, { recursive: true, force: true });
  const faults = new Faults();
  const jobs = new Map<string, TrainingJob>();

  function find(body: unknown): TrainingJob {
    const job = jobs.get(parse(named, body).TrainingJobName);
    // Its answer, and not ResourceNotFound: https://github.com/aws/aws-sdk/issues/165.
    if (!job) throw new ApiError("ValidationException", "Requested resource not found.");
    return job;
  }

  const calls: Record<string, (body: unknown) => object> = {
    CreateTrainingJob(body) {
      const request = parse(createTrainingJob, body);
      const { TrainingJobName: name, ResourceConfig } = request;
      const arn = `arn:aws:sagemaker:${options.region}:${options.account}:training-job/${name}`;
      if (jobs.has(name)) {
        // Its words in https://github.com/SuperCowPowers/workbench/issues/384.
        const message =
          "Training job names must be unique within an AWS account and region, and a training job with this name already exists";
        throw new ApiError("ResourceInUse", `${message} (${arn})`);
      }
      if (faults.current.quota) throw new ApiError("ResourceLimitExceeded", overQuota(ResourceConfig.InstanceType));
      const container = new Container(request, { ...options, root: join(options.folder, name) });
      jobs.set(name, new TrainingJob(request, arn, container, faults, (job) => options.onEvent(eventOf(job))));
      return { TrainingJobArn: arn };
    },
    DescribeTrainingJob: (body) => describeJob(find(body)),
    StopTrainingJob(body) {
      find(body).stop();
      return {};
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await json(request).catch(() => {
      throw new ApiError("SerializationException", "The body is not valid JSON");
    });
    if (request.method === "PUT" && request.url === "/_emulator/faults") {
      faults.set(body);
      return send(response, 200, faults.current);
    }
    const target = String(request.headers["x-amz-target"]);
    const call = calls[target.replace(/^SageMaker\./, "")];
    if (!call) throw new ApiError("UnknownOperationException", `There is no operation ${target}`);
    send(response, 200, call(body));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof ApiError) send(response, 400, { __type: error.code, message });
      else send(response, 500, { __type: "InternalFailure", message });
    });
  });
  await once(server.listen(options.port, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      await Promise.all([...jobs.values()].map((job) => job.kill()));
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await rm(options.folder, { recursive: true, force: true });
    },
  };
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new ApiError("ValidationException", z.prettifyError(parsed.error));
  return parsed.data;
}

/** In its words of https://github.com/aws/amazon-sagemaker-examples/issues/1543, whose last sentence is older. */
function overQuota(instanceType: string): string {
  return (
    `The account-level service limit '${instanceType} for training job usage' is 0 Instances, with current utilization of ` +
    "0 Instances and a request delta of 1 Instances. Please use AWS Service Quotas to request an increase for this quota."
  );
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
}
