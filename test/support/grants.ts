import type { SynthesisedStage } from "./stages.ts";

/** One action that a role allows on one resource, in words. */
export interface Grant {
  action: string;
  resource: string;
}

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

const listed = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** What a role allows. */
export function grantsOf({ resources }: SynthesisedStage, role: string): Grant[] {
  const policies = resources("AWS::IAM::Policy").filter(([, { Properties }]) =>
    Properties.Roles.some(({ Ref: name }: { Ref: string }) => name === role),
  );
  const statements: Statement[] = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
  return statements.flatMap(({ Action, Resource }) =>
    listed(Action).flatMap((action) => listed(Resource).map((resource) => ({ action, resource: inWords(resource) }))),
  );
}

/** A resource in words: references by name. */
export function inWords(value: unknown): string {
  if (typeof value === "string") return value;
  const {
    Ref: name,
    "Fn::Join": join,
    "Fn::GetAtt": attribute,
    "Fn::ImportValue": imported,
  } = value as Record<string, never>;
  if (imported) return `<${imported}>`;
  if (join) return (join[1] as unknown[]).map(inWords).join("");
  return name ? `<${String(name).replace("AWS::", "")}>` : `<${attribute ?? JSON.stringify(value)}>`;
}
