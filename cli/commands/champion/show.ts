import { type ChampionChange, championTags, readLedger } from "../../../core/champion-ledger.ts";
import { NotFoundError } from "../../../core/errors.ts";
import type { MlflowClient } from "../../../core/mlflow/client.ts";
import type { ModelVersion } from "../../../core/mlflow/registry.ts";
import type { Run } from "../../../core/mlflow/runs.ts";
import { runTags } from "../../../core/run-tags.ts";

/** A version with the run that made it. */
export interface VersionAndRun {
  version: ModelVersion;
  /** Absent when it was deleted in MLflow. */
  run?: Run;
  isChampion: boolean;
}

/** The newest versions of a model, and the champion however old it is. */
export async function listVersions(mlflow: MlflowClient, modelName: string, atMost: number): Promise<VersionAndRun[]> {
  const champion = (await mlflow.registry.getAlias(modelName, "champion"))?.version;
  const all = await mlflow.registry.listVersions(modelName);
  const shown = all.filter(({ version }, i) => i < atMost || version === champion);
  return Promise.all(shown.map((version) => withRun(mlflow, version, champion)));
}

/** One version. @throws NotFoundError */
export async function getVersion(mlflow: MlflowClient, modelName: string, wanted: string): Promise<VersionAndRun> {
  const version = await mlflow.registry.getVersion(modelName, wanted);
  if (!version)
    throw new NotFoundError(`${modelName} has no version ${wanted}. 'npm run champion -- list' shows them.`);
  return withRun(mlflow, version, (await mlflow.registry.getAlias(modelName, "champion"))?.version);
}

async function withRun(mlflow: MlflowClient, version: ModelVersion, champion?: string): Promise<VersionAndRun> {
  const run = version.runId ? await mlflow.runs.get(version.runId) : undefined;
  return { version, ...(run && { run }), isChampion: version.version === champion };
}

/** A version as programs read it. */
export function describe({ version, run, isChampion }: VersionAndRun): object {
  return {
    model: version.name,
    version: version.version,
    isChampion,
    createdAt: new Date(version.createdAt).toISOString(),
    championSince: version.tags[championTags.since],
    championUntil: version.tags[championTags.until],
    championBy: version.tags[championTags.by],
    source: version.source,
    runId: version.runId,
    network: run?.tags[runTags.network],
    datasetVersion: run?.tags[runTags.datasetVersion],
    metrics: run?.metrics,
  };
}

const columns = ["", "version", "made", "network", "dataset", "test MAE", "test MSE", "champion since", "by"];

/** The table of `list`. */
export function formatList(versions: readonly VersionAndRun[]): string {
  const rows = versions.map(({ version, run, isChampion }) => [
    isChampion ? "★" : "",
    version.version,
    day(version.createdAt),
    run?.tags[runTags.network] ?? "?",
    run?.tags[runTags.datasetVersion] ?? "?",
    figure(run?.metrics.test_mae),
    figure(run?.metrics.test_mse),
    sinceOf(version),
    version.tags[championTags.by] ?? "",
  ]);
  return formatTable([columns, ...rows]);
}

/** All that is known of a version, and its part of the ledger. */
export async function formatVersion(
  mlflow: MlflowClient,
  { version, run, isChampion }: VersionAndRun,
): Promise<string> {
  const ledger = await readLedger(mlflow, version.name);
  const lines = [
    `Version ${version.version} of ${version.name}${isChampion ? ", the champion" : ""}, made ${day(version.createdAt)}`,
    `  files      ${version.source}`,
    `  run        ${run ? `${run.runName} (${run.runId}), ${run.status}` : `${version.runId}, which is gone`}`,
    `  execution  ${run?.tags[runTags.execution] ?? "?"}`,
    `  network    ${run?.tags[runTags.network] ?? "?"}`,
    `  dataset   ${run?.tags[runTags.datasetVersion] ?? "?"}`,
  ];
  if (run?.tags[runTags.promotionReason]) lines.push(`  evaluation ${run.tags[runTags.promotionReason]}`);
  const metrics = Object.entries(run?.metrics ?? {}).filter(([key]) => /^(test|val)_/.test(key));
  lines.push(...metrics.map(([key, value]) => `  ${key.padEnd(24)} ${figure(value)}`));
  const own = ledger.filter(({ from, to }) => from === version.version || to === version.version);
  lines.push(own.length > 0 ? "Changes:" : "It has never been champion.", ...own.map(formatChange));
  return lines.join("\n");
}

/** A change in one line. */
export function formatChange({ at, kind, from, to, by, reason }: ChampionChange): string {
  return `  ${at.slice(0, 16).replace("T", " ")}  ${from ?? "none"} -> ${to}  ${kind} by ${by}: ${reason}`;
}

/** Two versions side by side, with what makes their figures comparable or not. */
export function formatComparison(a: VersionAndRun, b: VersionAndRun): string {
  const keys = new Set(
    [a, b].flatMap(({ run }) => Object.keys(run?.metrics ?? {})).filter((key) => /^(test|val)_/.test(key)),
  );
  const rows = [...keys].sort().map((key) => {
    const [left, right] = [a.run?.metrics[key], b.run?.metrics[key]];
    const difference = left !== undefined && right !== undefined ? right - left : undefined;
    return [key, figure(left), figure(right), difference === undefined ? "" : signed(difference)];
  });
  const head = ["", `version ${a.version.version}`, `version ${b.version.version}`, "difference"];
  const info = (name: string, tag: string) => [name, a.run?.tags[tag] ?? "?", b.run?.tags[tag] ?? "?", ""];
  const table = formatTable([
    head,
    info("network", runTags.network),
    info("dataset", runTags.datasetVersion),
    ["made", day(a.version.createdAt), day(b.version.createdAt), ""],
    ...rows,
  ]);
  const [left, right] = [a, b].map(({ run }) => run?.tags[runTags.datasetVersion]);
  if (left && left === right) return table;
  return `${table}\nThey were measured on different datasets: the figures do not say which one is better.`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function sinceOf({ tags }: ModelVersion): string {
  const [since, until] = [tags[championTags.since], tags[championTags.until]];
  if (!since) return "";
  return until && until > since ? `${since.slice(0, 16)} to ${until.slice(0, 16)}` : since.slice(0, 16);
}

const day = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ");
const figure = (value: number | undefined) => (value === undefined ? "?" : String(Number(value.toFixed(4))));
const signed = (value: number) => `${value > 0 ? "+" : ""}${Number(value.toFixed(4))}`;
