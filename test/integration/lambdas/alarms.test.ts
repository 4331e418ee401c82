import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import type { PutMetricAlarmCommandInput } from "@aws-sdk/client-cloudwatch";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { createApi } from "../../../api/api.ts";
import { createHttpServer } from "../../../cli/commands/serve/http-server.ts";
import { metricNamespace } from "../../../core/contracts/metrics.ts";
import { publishManifest } from "../../../core/serving/publish.ts";
import { reportTo } from "../../../lambdas/predict/metrics.ts";
import { apiRequest, lambdaContext } from "../../support/api-event.ts";
import { type EmfLine, EmulatedCloudWatch, emfLines } from "../../support/cloudwatch.ts";
import { localClient } from "../../support/ministack.ts";
import { createSandbox, type Sandbox, trainTinyModel } from "../../support/pipeline.ts";

const { aws, mlflow } = inject("services");
let sandbox: Sandbox;
let output: string[];
let cloudWatch: EmulatedCloudWatch;
let topic: string;
let server: Server | undefined;

beforeEach(async () => {
  sandbox = await createSandbox();
  output = [];
  // Powertools writes to a console of its own unless it is told to use the process's.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "false");
  vi.spyOn(console, "log").mockImplementation((line: string) => void output.push(line));
  cloudWatch = new EmulatedCloudWatch(aws);
  topic = await createTopic();
});
afterEach(() => {
  server?.close();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** The alarm names exactly the metric that the line has, with its dimensions. */
function expectSameMetric(alarm: PutMetricAlarmCommandInput, line: EmfLine) {
  const names = line._aws.CloudWatchMetrics[0]?.Dimensions[0] ?? [];
  expect(alarm.Dimensions).toEqual(names.map((Name) => ({ Name, Value: line[Name] })));
  expect(alarm).toMatchObject({
    Namespace: line._aws.CloudWatchMetrics[0]?.Namespace,
    MetricName: line._aws.CloudWatchMetrics[0]?.Metrics[0]?.Name,
  });
}

describe("the alarm champion-load-failed", () => {
  it("fires when an instance cannot load what was published, and says what to do", async () => {
    let now = 0;
    const [good, broken] = [await trainTinyModel(sandbox, 1), await trainTinyModel(sandbox, 2)];
    const { store } = sandbox.artifacts;
    await publish(good.version);
    const metrics = new Metrics({ namespace: metricNamespace("local"), serviceName: "predict" });
    const { fetch } = createApi(
      () => ({ store, model: { now: () => now, waitAtMost: 5_000 } }),
      new Logger({ logLevel: "SILENT" }),
      reportTo(metrics),
    );
    await fetch(apiRequest("GET", "/health"));
    const { key } = await publish(broken.version);
    await store.write(key, new Uint8Array(10));
    now = 30_000;
    expect((await fetch(apiRequest("GET", "/health"))).status).toBe(200);

    const alarm = await cloudWatch.addAlarm("local", "champion-load-failed", topic);
    const [line, ...more] = emfLines(output);
    expect(more).toEqual([]);
    expectSameMetric(alarm, line as EmfLine);
    await cloudWatch.take(line as EmfLine);
    expect(await cloudWatch.stateOf("avocado-local-champion-load-failed")).toBe("ALARM");
    expect(await receive()).toMatchObject({
      NewStateValue: "ALARM",
      AlarmDescription: expect.stringContaining("docs/operations.md, alarm champion-load-failed"),
    });
  });
});

describe("the alarm champion-stale", () => {
  it("fires when the alias was moved and nothing published, and not once it is published", async () => {
    const [first, second] = [await trainTinyModel(sandbox, 1), await trainTinyModel(sandbox, 2)];
    await publish(first.version);
    const { store } = sandbox.artifacts;
    const republish = () => publishManifest(sandbox.input.modelName, sandbox);
    const api = createApi(() => ({ store, republish }), new Logger({ logLevel: "SILENT" }));
    server = createHttpServer(api.fetch, { reloadToken: "token" }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const check = await checkOf(url);
    const alarm = await cloudWatch.addAlarm("dev", "champion-stale", topic);
    const state = async () => {
      output = [];
      await check();
      const [line] = emfLines(output) as [EmfLine];
      expectSameMetric(alarm, line);
      await cloudWatch.take(line);
      return cloudWatch.stateOf("avocado-dev-champion-stale");
    };

    expect(await state()).toBe("OK");
    await sandbox.mlflow.registry.setAlias(sandbox.input.modelName, "champion", second.version);
    expect(await state()).toBe("ALARM");
    const authorization = "Bearer token";
    await fetch(`${url}/reload-model`, { method: "POST", headers: { authorization } });
    output = [];
    expect(await check()).toEqual({ stale: false, champion: second.version, served: second.version });
    expect(emfLines(output)).toMatchObject([{ staleChampion: 0 }]);
  });
});

/** Makes a version the champion and publishes it. */
async function publish(version: string) {
  await sandbox.mlflow.registry.setAlias(sandbox.input.modelName, "champion", version);
  return publishManifest(sandbox.input.modelName, sandbox);
}

/** The Lambda itself, which looks once. */
async function checkOf(apiUrl: string): Promise<() => Promise<unknown>> {
  vi.stubEnv("POWERTOOLS_METRICS_NAMESPACE", metricNamespace("dev"));
  vi.stubEnv("POWERTOOLS_SERVICE_NAME", "check-champion");
  vi.stubEnv("POWERTOOLS_LOG_LEVEL", "SILENT");
  vi.stubEnv("MLFLOW_TRACKING_URI", mlflow);
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("API_URL", apiUrl);
  vi.stubEnv("MODEL_NAME", sandbox.input.modelName);
  vi.stubEnv("TIMEOUT_SECONDS", "0");
  const { handler } = await import("../../../lambdas/check-champion/handler.ts");
  return () => handler({ awslogs: { data: "" } }, lambdaContext);
}

const sqs = new SQSClient(localClient(aws));
let queue: string | undefined;

/** A topic with a queue that hears it. */
async function createTopic(): Promise<string> {
  const name = `alarms-${randomUUID()}`;
  const sns = new SNSClient(localClient(aws));
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: name }));
  queue = (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl;
  const Endpoint = `arn:aws:sqs:us-east-1:000000000000:${name}`;
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint }));
  return TopicArn;
}

/** The alarm that was told. */
async function receive(): Promise<unknown> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue, WaitTimeSeconds: 5 }));
  return JSON.parse(JSON.parse(Messages[0]?.Body ?? "null").Message);
}
