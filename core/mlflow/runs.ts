import { randomUUID } from "node:crypto";
import { z } from "zod";
import { equals } from "./filter.ts";
import { isErrorCode, type MlflowHttp } from "./http.ts";

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

/** A value at a step (for a trainer: an epoch). `timestamp` in milliseconds, default now. */
export interface MetricPoint {
  key: string;
  value: number;
  step?: number;
  timestamp?: number;
}

/** What to log to a run; nothing of it grows the run when logged twice. */
export interface RunLog {
  metrics?: readonly MetricPoint[];
  /** Cannot be changed: logging another value later is rejected. */
  params?: Record<string, string | number | boolean>;
  tags?: Record<string, string>;
}

/** MLflow writes values that are not finite as strings. */
const metricValue = z.union([z.number(), z.string().transform(Number)]);
const pairs = z
  .array(z.object({ key: z.string(), value: z.string() }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])));
const run = z
  .object({
    info: z.object({
      run_id: z.string(),
      run_name: z.string().default(""),
      experiment_id: z.string(),
      status: z.enum(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]),
      start_time: z.number().optional(),
      end_time: z.number().optional(),
      artifact_uri: z.string(),
    }),
    data: z
      .object({
        metrics: z
          .array(z.object({ key: z.string(), value: metricValue }))
          .default([])
          .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value]))),
        params: pairs,
        tags: pairs,
      })
      .default({ metrics: {}, params: {}, tags: {} }),
  })
  .transform(({ info, data }) => ({
    runId: info.run_id,
    runName: info.run_name,
    experimentId: info.experiment_id,
    status: info.status,
    startTime: info.start_time,
    endTime: info.end_time,
    artifactUri: info.artifact_uri,
    /** The last value of each metric. */
    ...data,
  }));
export type Run = z.infer<typeof run>;

const answeredRun = z.object({ run });
const searched = z.object({ runs: z.array(run).default([]), next_page_token: z.string().optional() });
const history = z.object({
  metrics: z
    .array(z.object({ key: z.string(), value: metricValue, timestamp: z.number(), step: z.number() }))
    .default([]),
  next_page_token: z.string().optional(),
});
const nothing = z.unknown();

/** Runs of an MLflow server. */
export class Runs {
  private readonly http: MlflowHttp;

  constructor(http: MlflowHttp) {
    this.http = http;
  }

  /** Creates a run, once even when the answer to it is lost. */
  async create(experimentId: string, runName: string, tags: Record<string, string>): Promise<Run> {
    const requestId = randomUUID();
    const all = Object.entries({ ...tags, "pipeline.request": requestId });
    const body = {
      experiment_id: experimentId,
      run_name: runName,
      start_time: Date.now(),
      tags: all.map(([key, value]) => ({ key, value })),
    };
    const find = async () => {
      const [made] = await this.search([experimentId], equals("tags.`pipeline.request`", requestId));
      return made && { run: made };
    };
    return (await this.http.create("runs/create", body, answeredRun, find)).run;
  }

  /** The run, or undefined where there is none. */
  async get(runId: string): Promise<Run | undefined> {
    try {
      return (await this.http.get("runs/get", { run_id: runId }, answeredRun)).run;
    } catch (error) {
      if (isErrorCode(error, "RESOURCE_DOES_NOT_EXIST")) return undefined;
      throw error;
    }
  }

  /** Sets the status; one that ends the run sets its end time too. */
  async update(runId: string, status: RunStatus): Promise<void> {
    const ended = status !== "RUNNING" && status !== "SCHEDULED";
    const body = { run_id: runId, status, ...(ended && { end_time: Date.now() }) };
    await this.http.call("POST", "runs/update", body, nothing);
  }

  async setTag(runId: string, key: string, value: string): Promise<void> {
    await this.http.call("POST", "runs/set-tag", { run_id: runId, key, value }, nothing);
  }

  /** Removes a tag; it is not an error that there is none. */
  async deleteTag(runId: string, key: string): Promise<void> {
    try {
      await this.http.call("POST", "runs/delete-tag", { run_id: runId, key }, nothing);
    } catch (error) {
      if (!isErrorCode(error, "RESOURCE_DOES_NOT_EXIST")) throw error;
    }
  }

  /** Logs any number of metrics, parameters and tags, split to the limits of one call. */
  async log(runId: string, { metrics = [], params = {}, tags = {} }: RunLog): Promise<void> {
    const now = Date.now();
    const entry = ([key, value]: [string, string | number | boolean]) => ({ key, value: String(value) });
    const points = metrics.map((point) => ({ step: 0, timestamp: now, ...point }));
    // 1 MB and 1000 entries a call at most; tags and parameters may be long.
    const batches = [
      ...chunks(Object.entries(params).map(entry), 100).map((list) => ({ params: list })),
      ...chunks(Object.entries(tags).map(entry), 100).map((list) => ({ tags: list })),
      ...chunks(points, 1000).map((list) => ({ metrics: list })),
    ];
    for (const batch of batches) await this.http.call("POST", "runs/log-batch", { run_id: runId, ...batch }, nothing);
  }

  /** All values of one metric, in ascending order of step. */
  async metricHistory(runId: string, key: string): Promise<{ value: number; step: number; timestamp: number }[]> {
    const points: z.infer<typeof history>["metrics"] = [];
    let token: string | undefined;
    do {
      const query = { run_id: runId, metric_key: key, max_results: "1000", ...(token && { page_token: token }) };
      const page = await this.http.get("metrics/get-history", query, history);
      points.push(...page.metrics);
      token = page.next_page_token;
    } while (token);
    return points.sort((a, b) => a.step - b.step || a.timestamp - b.timestamp);
  }

  /** Runs that match a filter made with `equals` and ` and `, the newest first. */
  async search(experimentIds: readonly string[], filter: string): Promise<Run[]> {
    const runs: Run[] = [];
    let token: string | undefined;
    if (experimentIds.length === 0) return runs;
    do {
      const body = {
        experiment_ids: experimentIds,
        filter,
        order_by: ["attributes.start_time DESC"],
        max_results: 1000,
        ...(token && { page_token: token }),
      };
      const page = await this.http.call("POST", "runs/search", body, searched);
      runs.push(...page.runs);
      token = page.next_page_token;
    } while (token);
    return runs;
  }
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}
