import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { findPythonBin } from "../../../scripts/setup/find-python.ts";
import { root } from "../../../scripts/setup/paths.ts";
import { trainerEnvironment } from "../../../training/tfjs/environment.ts";
import { findMalformedVariables, type Program, programsOf } from "../../support/checks/environment.ts";
import { imageVariables, lambdaRuntime, packageVariablesOf, variablesOf } from "../../support/checks/readers.ts";
import { handlers } from "../../support/code-calls.ts";
import { type DeployedStage, deployStage } from "../../support/deployed/stage.ts";
import { deployedVariant, variants, variantTemplates } from "../../support/deployed/variants.ts";

const read = vi.hoisted(() => [] as z.ZodType[]);
vi.mock("../../../lambdas/shared/env.ts", () => ({
  environment: (schema: z.ZodType) => {
    read.push(schema);
    return () => schema.parse(process.env);
  },
}));
vi.mock("../../../training/kaggle/train.ipynb", () => ({ default: "" }));

const ofPackages = packageVariablesOf(handlers);
const schemas = new Map<string, z.ZodType[]>();
for (const name of handlers) {
  read.length = 0;
  vi.resetModules();
  await import(`../../../lambdas/${name}/handler.ts`);
  schemas.set(name, [...read]);
}

/** Whether a schema is of strategy `sagemaker`, which not every stage has. */
const isOfSageMaker = (schema: z.ZodType) => variablesOf(schema).includes("SAGEMAKER_JOB_PREFIX");

/** What a Lambda says of its environment, and which of it nothing reads. */
function checkLambda({ name, variables }: Program, strategies: readonly string[]): string[] {
  const asked = schemas.get(name)?.filter((schema) => strategies.includes("sagemaker") || !isOfSageMaker(schema));
  if (!asked) return [`${name} is not a program of this project`];
  const packages = ofPackages.get(name) ?? [];
  const known = new Set([...asked.flatMap(variablesOf), ...packages]);
  return [
    ...asked.flatMap((schema) => rejections(name, schema, { ...lambdaRuntime, ...variables })),
    ...packages.filter((key) => !(key in variables)).map((key) => `${name} lacks ${key}`),
    ...unread(name, variables, known),
  ];
}

function rejections(name: string, schema: z.ZodType, variables: object): string[] {
  const parsed = schema.safeParse(variables);
  return parsed.success ? [] : [`${name} rejects its environment: ${z.prettifyError(parsed.error)}`];
}

const unread = (name: string, variables: object, known: ReadonlySet<string>) =>
  Object.keys(variables)
    .filter((key) => !known.has(key))
    .map((key) => `${name} is given ${key}, which nothing reads`);

/** The trainer's environment: the task definition's, its image's, and the job that the launcher adds. */
const checkTrainer = ({ name, variables }: Program) => [
  ...rejections(name, trainerEnvironment, { ...imageVariables("training/Dockerfile"), JOB_KEY: "job", ...variables }),
  ...unread(name, variables, new Set(variablesOf(trainerEnvironment))),
];

/** Has MLflow's entry point read its settings. It takes what it reads out of the environment. */
function checkMlflow({ name, variables }: Program): string[] {
  const code = [
    "import json, os, sys",
    "given = set(json.loads(sys.argv[1]))",
    "import entry_point",
    "entry_point.read_settings()",
    "print(json.dumps(sorted(given & set(os.environ))))",
  ];
  const args = ["-c", code.join("\n"), JSON.stringify(Object.keys(variables))];
  const env = { ...variables, PYTHONPATH: join(root, "mlflow-task"), PYTHONDONTWRITEBYTECODE: "1" };
  const left: string[] = JSON.parse(execFileSync(findPythonBin("python"), args, { encoding: "utf8", env }));
  return left.map((key) => `${name} is given ${key}, which nothing reads`);
}

const checks: Record<string, (program: Program) => string[]> = { trainer: checkTrainer, mlflow: checkMlflow };
const check = (program: Program, strategies: readonly string[]) =>
  checks[program.name]?.(program) ?? checkLambda(program, strategies);

function checkAll(stage: DeployedStage): string[] {
  const programs = programsOf(stage);
  const strategies = programs.find(({ name }) => name === "validate-input")?.variables.STRATEGIES?.split(",") ?? [];
  return programs.flatMap((program) => check(program, strategies));
}

describe.each(variants)("the environment in %s", (variant) => {
  const stage = deployedVariant(variant);

  it("is what each program reads: everything that it asks for, and nothing else", () => {
    expect(checkAll(stage)).toEqual([]);
  });

  it("has values that mean what their names say", () => {
    expect(findMalformedVariables(stage)).toEqual([]);
  });
});

describe("planted faults", () => {
  const [lambda] = programsOf(deployedVariant("dev")).filter(({ name }) => name === "deploy-model");
  const { variables } = lambda as Program;
  const { API_URL, ...incomplete } = variables;

  it.each([
    [
      "a variable that is missing",
      incomplete,
      "deploy-model rejects its environment: ✖ Invalid input: expected string, received undefined\n  → at API_URL",
    ],
    ["an address without a scheme", { ...variables, API_URL: "api.example" }, expect.stringContaining("API_URL")],
    [
      "a variable that nothing reads",
      { ...variables, API_ULR: "x" },
      "deploy-model is given API_ULR, which nothing reads",
    ],
  ])("%s is found", (_, given, problem) => {
    expect(check({ name: "deploy-model", variables: given as Program["variables"] }, [])).toEqual([problem]);
  });

  it.each([
    ["a scheme in a list of hosts", { "Fn::Join": ["", ["https://", "ALLOWED"]] }, "ALLOWED_HOSTS"],
    ["a root that is not in a bucket of the stage", "s3://elsewhere/mlflow", "ARTIFACT_ROOT"],
    ["a host that is not the database's", "localhost", "DATABASE_HOST"],
  ])("%s is found", (_, value, key) => {
    const templates = variantTemplates("dev");
    const registry = templates.find(({ id }) => id === "registry");
    for (const { Type, Properties } of Object.values(registry?.template.Resources ?? {})) {
      if (Type !== "AWS::ECS::TaskDefinition") continue;
      // biome-ignore lint/suspicious/noExplicitAny: templates have no types
      for (const variable of (Properties as any).ContainerDefinitions[0].Environment) {
        if (variable.Name === key) variable.Value = value;
      }
    }
    expect(findMalformedVariables(deployStage(templates))).toEqual([expect.stringContaining(`mlflow: ${key} is `)]);
  });
});
