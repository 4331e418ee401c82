import { availabilityZones } from "./account.ts";

/** What intrinsic functions of a stack are resolved with. */
export interface Scope {
  region: string;
  /** What `Ref` gives: a parameter, a pseudo parameter or a resource. */
  ref(name: string): unknown;
  /** An attribute of a resource. */
  attribute(logicalId: string, name: string): unknown;
  /** A value that another stack exports. */
  imported(name: string): unknown;
  /** An output of another stack, exported or not. */
  output(stackName: string, name: string): unknown;
  condition(name: string): boolean;
  mapping(name: string): Record<string, Record<string, unknown>> | undefined;
}

/** What a property that is `AWS::NoValue` becomes: nothing. */
const noValue = Symbol("AWS::NoValue");

/**
 * A value of a template as CloudFormation applies it.
 * @throws Error for whatever is unknown: nothing is guessed
 */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = evaluate(value, scope);
  return resolved === noValue ? undefined : resolved;
}

function evaluate(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, scope)).filter((item) => item !== noValue);
  if (typeof value !== "object" || value === null) return value;
  const [[key = "", argument] = [], ...others] = Object.entries(value);
  if (others.length === 0 && key === "Ref") {
    return argument === "AWS::NoValue" ? noValue : scope.ref(String(argument));
  }
  if (others.length === 0 && key === "Condition" && typeof argument === "string") return scope.condition(argument);
  if (others.length === 0 && key.startsWith("Fn::")) {
    const compute = functions[key];
    if (!compute) throw new Error(`The intrinsic function ${key} is not known`);
    return compute(argument as never, scope);
  }
  const entries = Object.entries(value).map(([name, item]) => [name, evaluate(item, scope)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== noValue));
}

function list(value: unknown, scope: Scope, what: string): unknown[] {
  const found = evaluate(value, scope);
  if (!Array.isArray(found)) throw new Error(`${what} needs a list, not ${JSON.stringify(found)}`);
  return found;
}

/** A string, as which CloudFormation takes numbers and truth values too. */
function text(value: unknown, scope: Scope, what: string): string {
  const found = evaluate(value, scope);
  if (!["string", "number", "boolean"].includes(typeof found)) {
    throw new Error(`${what} needs a string, not ${JSON.stringify(found)}`);
  }
  return String(found);
}

const all = (conditions: unknown, scope: Scope) => list(conditions, scope, "A condition").map(Boolean);

const functions: Record<string, (argument: never, scope: Scope) => unknown> = {
  "Fn::GetAtt": (argument: string | [string, string], scope) => {
    const [id = "", ...attribute] = typeof argument === "string" ? argument.split(".") : argument;
    return scope.attribute(id, attribute.join("."));
  },
  "Fn::Join": ([separator, items]: [string, unknown], scope) =>
    list(items, scope, "Fn::Join")
      .map((item) => text(item, scope, "Fn::Join"))
      .join(separator),
  "Fn::Split": ([separator, value]: [string, unknown], scope) => text(value, scope, "Fn::Split").split(separator),
  "Fn::Select": ([index, items]: [unknown, unknown], scope) => {
    const found = list(items, scope, "Fn::Select");
    const position = Number(text(index, scope, "Fn::Select"));
    if (!(position in found)) throw new Error(`Fn::Select finds no item ${position} of ${found.length}`);
    return found[position];
  },
  "Fn::Sub": (argument: string | [string, Record<string, unknown>], scope) => {
    const [template, variables] = typeof argument === "string" ? [argument, {}] : argument;
    return template.replaceAll(/\$\{([^}!]+)\}|\$\{!([^}]*)\}/g, (_, name?: string, literal?: string) => {
      if (name === undefined) return `\${${literal}}`;
      if (name in variables) return text(variables[name], scope, "Fn::Sub");
      const [id = "", ...attribute] = name.split(".");
      const found = attribute.length > 0 ? scope.attribute(id, attribute.join(".")) : scope.ref(id);
      return text(found, scope, "Fn::Sub");
    });
  },
  "Fn::ImportValue": (name: unknown, scope) => scope.imported(text(name, scope, "Fn::ImportValue")),
  "Fn::GetStackOutput": ({ StackName, OutputName }: { StackName: unknown; OutputName: string }, scope) =>
    scope.output(text(StackName, scope, "Fn::GetStackOutput"), OutputName),
  "Fn::GetAZs": (region: unknown, scope) => availabilityZones(text(region, scope, "Fn::GetAZs") || scope.region),
  "Fn::FindInMap": ([map, first, second]: [string, unknown, unknown], scope) => {
    const keys = [first, second].map((key) => text(key, scope, "Fn::FindInMap"));
    const found = scope.mapping(map)?.[keys[0] as string]?.[keys[1] as string];
    if (found === undefined) throw new Error(`Fn::FindInMap finds nothing at ${[map, ...keys].join(".")}`);
    return found;
  },
  "Fn::Base64": (value: unknown, scope) => Buffer.from(text(value, scope, "Fn::Base64")).toString("base64"),
  "Fn::If": ([condition, yes, no]: [string, unknown, unknown], scope) =>
    evaluate(scope.condition(condition) ? yes : no, scope),
  "Fn::Equals": ([left, right]: [unknown, unknown], scope) =>
    text(left, scope, "Fn::Equals") === text(right, scope, "Fn::Equals"),
  "Fn::And": (conditions: unknown, scope) => all(conditions, scope).every(Boolean),
  "Fn::Or": (conditions: unknown, scope) => all(conditions, scope).some(Boolean),
  "Fn::Not": (conditions: unknown, scope) => !all(conditions, scope)[0],
};
