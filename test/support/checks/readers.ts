import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { z } from "zod";
import { root } from "../../../scripts/setup/paths.ts";

/** Variables that a package reads by itself. */
const packageVariables: Record<string, string[]> = {
  "@aws-lambda-powertools/logger": ["POWERTOOLS_SERVICE_NAME"],
  "@aws-lambda-powertools/metrics": ["POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"],
};

/** What Lambda itself sets. */
export const lambdaRuntime = { AWS_REGION: "us-east-1", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1769" };

/** Names that a schema of an environment asks for, in any of its alternatives. */
export function variablesOf(schema: z.ZodType): string[] {
  const { shape, options } = schema as unknown as { shape?: Record<string, unknown>; options?: z.ZodType[] };
  if (shape) return Object.keys(shape);
  if (options) return options.flatMap(variablesOf);
  throw new Error("An environment is read by an object's schema, or by a choice of such");
}

/** For each Lambda the variables that the packages in its bundle read. */
export function packageVariablesOf(programs: readonly string[]): Map<string, string[]> {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(programs.map((name) => [name, `lambdas/${name}/handler.ts`])),
    bundle: true,
    write: false,
    outdir: "bundles",
    platform: "node",
    packages: "external",
    loader: { ".ipynb": "text", ".onnx": "binary" },
    metafile: true,
    logLevel: "silent",
  });
  return new Map(
    Object.entries(metafile.outputs).map(([file, { imports }]) => [
      file.replace(/^bundles\/(.*)\.js$/, "$1"),
      imports.flatMap(({ path }) => packageVariables[path] ?? []),
    ]),
  );
}

/** Variables that the last stage of a Dockerfile sets. */
export function imageVariables(dockerfile: string): Record<string, string> {
  const lines = readFileSync(join(root, dockerfile), "utf8").replaceAll(/\\\n/g, " ").split("\n");
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
  const settings = last.filter((line) => line.startsWith("ENV ")).flatMap((line) => line.slice(4).trim().split(/\s+/));
  return Object.fromEntries(settings.map((setting) => setting.split("=", 2) as [string, string]));
}
