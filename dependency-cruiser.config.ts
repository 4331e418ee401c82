import type { IConfiguration } from "dependency-cruiser";

/** What each room may import of the others. A room that is not listed, or an import that is not, is an error. */
const rooms: Record<string, string[]> = {
  core: [],
  aws: ["core"],
  api: ["core"],
  lambdas: ["api", "aws", "core", "models"],
  training: ["aws", "core"],
  local: ["aws", "core"],
  cli: ["local", "api", "training", "aws", "core"],
  lib: ["core/contracts", "layers"],
  bin: ["lib"],
  layers: [],
  models: [],
  scripts: ["cli", "local", "api", "lambdas", "training", "aws", "core", "layers", "models"],
  test: ["cli", "local", "api", "lambdas", "training", "aws", "core", "lib", "bin", "layers", "models", "scripts"],
};

const sdk = "@(aws-sdk|aws-crypto|aws-lambda-powertools|smithy|middy)/";
const cdk = "(aws-cdk-lib|constructs|cdk-nag|@aws-cdk)/";

/** Packages that are not for every room. */
const packages = [
  { packages: sdk, rooms: ["aws", "lambdas", "training", "local", "cli", "test"] },
  { packages: cdk, rooms: ["lib", "bin", "test"] },
];

/** Single files that may import more, and why. `test/infra/imports.test.ts` fails when one is no longer needed. */
export const exceptions: { from: string; to: string; reason: string }[] = [
  {
    from: "^(cli|local)/",
    to: "^scripts/setup/(paths|run|find-python)[.]ts$",
    reason: "commands and the local stack use the folders and the programs of set-up",
  },
  {
    from: "^cli/program[.]ts$",
    to: "^package[.]json$",
    reason: "`--version` is the version of the project",
  },
  {
    from: "^cli/avocado[.]mjs$",
    to: "^scripts/bootstrap[.]mjs$",
    reason: "a command installs the dependencies first, where they are missing",
  },
  {
    from: "^cli/commands/cost/synthesise[.]ts$",
    to: "^lib/(compose|config)[.]ts$",
    reason: "the cost of a stage is calculated from its templates",
  },
  {
    from: "^cli/commands/cost/synthesise[.]ts$",
    to: "(^|/)node_modules/aws-cdk-lib/",
    reason: "the cost of a stage is calculated from its templates",
  },
  {
    from: "^cli/commands/doctor/settings[.]ts$",
    to: "^lib/(config|vpc-link-zones)[.]ts$",
    reason: "the doctor checks an account against the settings of the stage",
  },
  {
    from: "^cli/commands/doctor/kaggle/(kernel|training)[.]ts$",
    to: "^lambdas/(shared/find-kernel|push-kernel/save-kernel|upload-dataset/logic)[.]ts$",
    reason: "first contact with Kaggle runs the steps of the pipeline themselves",
  },
  {
    from: "^cli/commands/stage/rotate[.]ts$",
    to: "^lambdas/prepare-database/logic[.]ts$",
    reason: "a password is rotated by the statements that set it",
  },
  {
    from: "^lambdas/push-kernel/handler[.]ts$",
    to: "^training/kaggle/train[.]ipynb$",
    reason: "it pushes the notebook",
  },
];

const inside = (room: string) => `^${room}/`;
const special = packages.map(({ packages }) => `(^|/)node_modules/${packages}`);

/** The rules. `allowed`: the exceptions that apply. */
export const createConfig = (allowed: typeof exceptions): IConfiguration => ({
  allowedSeverity: "error",
  allowed: [
    { from: {}, to: { dependencyTypes: ["core"] } },
    { from: {}, to: { path: "(^|/)node_modules/", pathNot: special } },
    ...packages.map(({ packages, rooms }) => ({
      from: { path: rooms.map(inside) },
      to: { path: `(^|/)node_modules/${packages}` },
    })),
    ...Object.entries(rooms).map(([room, others]) => ({
      from: { path: inside(room) },
      to: { path: [room, ...others].map(inside) },
    })),
    { from: { path: [inside("test"), "^[^/]+$"] }, to: { path: "^[^/]+$" } },
    ...allowed.map(({ from, to, reason }) => ({ comment: reason, from: { path: from }, to: { path: to } })),
  ],
  forbidden: [
    {
      name: "no-cycle",
      severity: "error",
      comment: "Two files that import each other, types included, are one: move what both need into a third.",
      from: {},
      to: { circular: true },
    },
    { name: "not-found", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "(^|/)node_modules/" },
    exclude: { path: "^([.]local|cdk[.]out|layers/[.]build|[.]stryker-tmp)/" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
      extensions: [".ts", ".mjs", ".cjs", ".js", ".json", ".d.ts"],
    },
  },
});

export default createConfig(exceptions);
