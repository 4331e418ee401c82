import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { announceWith } from "../../../aws/champion-events.ts";
import { type ChampionChange, previousChampion, readLedger } from "../../../core/champion-ledger.ts";
import { championManifest, servingKeys } from "../../../core/contracts/model.ts";
import { NamedError, NotFoundError } from "../../../core/errors.ts";
import { startTrackingServer } from "../../../core/mlflow/start-server.ts";
import { changeChampion } from "../../../core/serving/change-champion.ts";
import { reloadApi } from "../../../core/serving/reload.ts";
import { readJson } from "../../../core/storage.ts";
import { readArguments, runCommand, usageError } from "../../terminal/command.ts";
import { confirm } from "../../terminal/confirm.ts";
import type { Progress } from "../../terminal/progress.ts";
import { connectServer } from "../mlflow/connect.ts";
import { connectStage, type Stage } from "../stage/connect.ts";
import { formatChange, formatComparison, formatList, formatVersion, getVersion, listVersions } from "./show.ts";

const usage = `npm run champion -- <what> [--stage <stage>] [options]

  list               versions with their metrics, dataset, who made them champion and when
  show <version>     all that is known of one, and its part of the ledger
  compare <a> <b>    two of them side by side
  log                every change of the champion
  promote <version>  makes it champion, publishes it, and has the API load it; the current champion is published again
  rollback           the same with the champion before; twice goes back two steps

  --stage <stage>    default: local, the 'npm start' that runs
  --model <name>     default: avocado-model
  --reason <text>    why, for the ledger
  --all              list all versions, not the newest 20
  --yes              do not ask`;

/** `npm run champion`: which model serves, and a way back from a bad one. */
async function champion(progress: Progress): Promise<void> {
  const string = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const options = { stage: string, model: string, reason: string, all: flag, yes: flag };
  const { values, positionals } = readArguments({ allowPositionals: true, options }, usage);
  const [what = "", ...versions] = positionals;
  const wanted = { list: 0, log: 0, show: 1, compare: 2, promote: 1, rollback: 0 }[what];
  if (wanted === undefined) throw usageError(what ? `There is no '${what}'.` : "Say what to do.", usage);
  if (versions.length !== wanted)
    throw usageError(`'${what}' takes ${wanted} versions, not ${versions.length}.`, usage);

  const stage = await connectStage(values.stage ?? "local");
  progress.now("Starting MLflow (from zero, a task and a database take up to two minutes)");
  await startTrackingServer(await connectServer(stage.name));
  progress.now("");
  const model = values.model ?? "avocado-model";
  const [first = "", second = ""] = versions;
  switch (what) {
    case "list":
      return progress.line(formatList(await listVersions(stage.mlflow, model, values.all ? Infinity : 20)));
    case "log":
      return progress.line((await readLedger(stage.mlflow, model)).map(formatChange).join("\n"));
    case "show":
      return progress.line(await formatVersion(stage.mlflow, await getVersion(stage.mlflow, model, first)));
    case "compare":
      return progress.line(
        formatComparison(await getVersion(stage.mlflow, model, first), await getVersion(stage.mlflow, model, second)),
      );
  }
  const to = what === "promote" ? first : await findPrevious(stage, model);
  const kind = what === "promote" ? "promotion" : "rollback";
  await change({ stage, model, to, kind, yes: values.yes, reason: values.reason }, progress);
}

async function findPrevious({ mlflow }: Stage, model: string): Promise<string> {
  const current = await mlflow.registry.getAlias(model, "champion");
  if (!current) throw new NotFoundError(`${model} has no champion. Choose one: npm run champion -- promote <version>`);
  const previous = previousChampion(await readLedger(mlflow, model), current.version);
  if (previous) return previous;
  throw new NotFoundError(
    `The ledger knows no champion before version ${current.version}. Choose one: npm run champion -- promote <version>`,
  );
}

interface Change {
  stage: Stage;
  model: string;
  to: string;
  kind: ChampionChange["kind"];
  yes: boolean;
  reason?: string | undefined;
}

async function change({ stage, model, to, kind, yes, reason }: Change, progress: Progress): Promise<void> {
  const next = await getVersion(stage.mlflow, model, to);
  const now = await stage.mlflow.registry.getAlias(model, "champion");
  if (now && now.version !== to) {
    progress.line(formatComparison(await getVersion(stage.mlflow, model, now.version), next));
  }
  const question = next.isChampion
    ? `Publish version ${to}, the champion of stage '${stage.name}', again?`
    : `Make version ${to} champion of stage '${stage.name}' in place of ${now ? `version ${now.version}` : "none"}?`;
  if (!yes && !(await confirm(question))) return progress.line("Nothing was changed.");

  const deployment = await changeChampion(
    { modelName: model, kind, to, by: await stage.whoAmI(), reason: reason ?? "no reason was given" },
    {
      ...stage,
      reload: (manifest) => reloadApi(stage.apiUrl, stage.fetch, manifest),
      announce: announceWith(new EventBridgeClient(), (warning) => progress.line(warning)),
    },
  );
  progress.line(deployment.serving);
  await readBack(stage, model, to);
  progress.line(`Read back: alias and manifest both name version ${to}.`);
}

/** What was changed, as others see it. */
async function readBack({ mlflow, artifacts }: Stage, model: string, to: string): Promise<void> {
  const alias = (await mlflow.registry.getAlias(model, "champion"))?.version;
  const manifest = await readJson(artifacts.store, servingKeys.manifest, (value) => championManifest.parse(value));
  if (alias === to && manifest.version === to) return;
  throw new NamedError(
    "ChampionDiffers",
    `After the change the alias names version ${alias} and the manifest ${manifest.version}, not ${to}: something else ` +
      "changed them at the same time. Look at 'npm run champion -- log', then run the command again.",
  );
}

await runCommand(usage, champion);
