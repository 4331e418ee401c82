import { table } from "../table.ts";
import { cases } from "./cases.ts";
import type { Change } from "./changes.ts";
import { listSettings } from "./paths.ts";

const head = `# What a change of a setting does

Each setting of \`config/stage.schema.json\`, its default, and what CloudFormation does with the resources of a stage when the
setting alone is changed, by AWS's own schemas. Nothing that holds data is ever replaced; what is replaced (a version of a
task, of a Lambda's layer) is made anew before the old one goes. Where a setting needs others around it, those are there before
and after. This page is written by \`npm test -- --project infra test/infra/settings.test.ts -u\`; without \`-u\` the test compares
it with the templates, and fails for a setting without a case.`;

/** The page with what each setting changes. */
export function describeSettings(changes: ReadonlyMap<string, readonly Change[]>): string {
  const defaults = new Map(listSettings().map(({ path, default: value }) => [path, value]));
  const rows = [...changes].map(([setting, found]) => {
    const effect = (wanted: Change["effect"]) => countByType(found.filter((change) => change.effect === wanted));
    return [
      `\`${setting}\``,
      shown(defaults.get(setting)),
      shown(cases[setting]?.value),
      effect("replaced"),
      effect("removed"),
      effect("added"),
      effect("updated"),
    ];
  });
  const titles = ["setting", "default", "changed to", "replaced", "removed", "added", "updated"];
  return `${head}\n\n${table([titles, ...rows])}\n`;
}

const shown = (value: unknown) => (value === undefined ? "not set" : `\`${JSON.stringify(value)}\``);

/** Such as `Lambda Function, Logs LogGroup ×3`. */
function countByType(changes: readonly Change[]): string {
  const groups = Map.groupBy(changes, ({ type }) => type.replace(/^AWS::/, "").replaceAll("::", " "));
  return [...groups]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([type, found]) => (found.length > 1 ? `${type} ×${found.length}` : type))
    .join(", ");
}
