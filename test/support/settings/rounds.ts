import { cases } from "./cases.ts";
import { withSetting } from "./changes.ts";

type Config = { stage: string; [key: string]: unknown };

/** Settings that change in one deployment, and the configuration after it. */
export interface Round {
  settings: string[];
  config: Config;
}

const isEdge = (path: string) => /^edge(\.|$)/.test(path);
/** Does it need other settings around it than a region? */
const isWithinOthers = (path: string) => Object.keys(cases[path]?.base ?? {}).some((setting) => setting !== "region");

/**
 * As few deployments as change every setting and put all back: first those that stand alone, then those within others, then
 * CloudFront's, which does not go with tokens.
 */
export function planRounds(start: Config): Round[] {
  const paths = Object.keys(cases);
  const edge = paths.filter(isEdge);
  const within = paths.filter((path) => !isEdge(path) && isWithinOthers(path));
  const alone = paths.filter((path) => !isEdge(path) && !isWithinOthers(path));
  const apply = (config: Config, settings: string[]): Config =>
    settings.reduce<Config>(
      (changed, path) => withSetting(changed, path.split("."), cases[path]?.value) as Config,
      config,
    );

  const first = apply({ ...start, region: "us-east-1" }, alone);
  const second = apply(first, within);
  const { jwt: _, ...predict } = second.predict as Record<string, unknown>;
  const rounds: Round[] = [
    { settings: alone, config: first },
    { settings: within, config: second },
  ];
  let config: Config = { ...second, predict };
  for (const path of edge) {
    config = apply(config, [path]);
    rounds.push({ settings: [path], config });
  }
  return [...rounds, { settings: paths, config: start }];
}
