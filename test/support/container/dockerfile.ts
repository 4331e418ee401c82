import { readFileSync } from "node:fs";

export interface Instruction {
  keyword: string;
  rest: string;
}

/** A stage of a Dockerfile: what follows a FROM. */
export interface Stage {
  base: string;
  name: string;
  instructions: Instruction[];
}

/** Reads the stages of a Dockerfile. Heredocs and parser directives are not known. */
export function readDockerfile(path: string): Stage[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n")
    .replaceAll(/\s*\\\n\s*/g, " ")
    .split("\n");
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, keyword = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const [, base = "", name = String(stages.length)] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
    if (keyword === "FROM") stages.push({ base, name, instructions: [] });
    else stages.at(-1)?.instructions.push({ keyword, rest });
  }
  return stages;
}

/** Pairs of an ENV or ARG instruction. */
export function readPairs(rest: string): [string, string][] {
  return [...rest.matchAll(/([\w-]+)=(?:"([^"]*)"|(\S*))/g)].map(([, key = "", quoted, plain]) => [
    key,
    quoted ?? plain ?? "",
  ]);
}

/** A text in which `$NAME` and `${NAME}` stand for variables. */
export function substitute(text: string, variables: Record<string, string>): string {
  return text.replaceAll(/\$(?:(\w+)|\{(\w+)\})/g, (_, plain, braced) => variables[plain ?? braced] ?? "");
}
