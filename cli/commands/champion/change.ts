import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { announceWith } from "../../../aws/champion-events.ts";
import { type ChampionChange, previousChampion, readLedger } from "../../../core/champion-ledger.ts";
import { championManifest, servingKeys } from "../../../core/contracts/model.ts";
import { NamedError, NotFoundError } from "../../../core/errors.ts";
import { changeChampion } from "../../../core/serving/change-champion.ts";
import { reloadApi } from "../../../core/serving/reload.ts";
import { readJson } from "../../../core/storage.ts";
import { confirm } from "../../terminal/confirm.ts";
import type { Progress } from "../../terminal/progress.ts";
import type { Stage } from "../stage/connect.ts";
import { type ModelOfStage, openRegistry } from "./registry.ts";
import { formatComparison, getVersion } from "./show.ts";

export interface ChangeOptions extends ModelOfStage {
  /** For the ledger. */
  reason: string;
  /** Do not ask. */
  yes?: true | undefined;
}

/** Makes a version champion. @throws NotFoundError when there is none of that number */
export async function promote(version: string, options: ChangeOptions, progress: Progress): Promise<void> {
  await change({ ...options, stage: await openRegistry(options, progress), to: version, kind: "promotion" }, progress);
}

/** Makes the previous champion champion again. @throws NotFoundError when the ledger knows none */
export async function rollback(options: ChangeOptions, progress: Progress): Promise<void> {
  const stage = await openRegistry(options, progress);
  await change({ ...options, stage, to: await findPrevious(stage, options.model), kind: "rollback" }, progress);
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

interface Change extends Omit<ChangeOptions, "stage"> {
  stage: Stage;
  to: string;
  kind: ChampionChange["kind"];
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
    { modelName: model, kind, to, by: await stage.whoAmI(), reason },
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
