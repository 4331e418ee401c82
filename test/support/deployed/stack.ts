import { type Account, pseudoParameters } from "./account.ts";
import { type Described, forms } from "./forms.ts";
import { resolve, type Scope } from "./intrinsics.ts";
import { typeSpec } from "./spec.ts";
import type { StackTemplate } from "./template.ts";

/** A resource as it is in the account. */
export interface DeployedResource {
  stack: string;
  logicalId: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties of templates have no types
  properties: any;
  /** What `Ref` gives. Nothing for a type that nothing refers to and whose form is not known. */
  ref?: string;
  deletionPolicy?: string;
  updateReplacePolicy?: string;
}

/** A stack as it is in the account. */
export interface DeployedStack {
  id: string;
  name: string;
  resources: DeployedResource[];
  outputs: Record<string, unknown>;
  exports: Record<string, unknown>;
}

/**
 * A stack with every intrinsic function resolved, as CloudFormation would create it.
 * @param earlier the stacks that are there already
 * @throws Error for a reference to what is not there, to an attribute that its type does not have, or in a circle
 */
export function deployStack(stack: StackTemplate, account: Account, earlier: readonly DeployedStack[]): DeployedStack {
  const { Resources, Parameters = {}, Conditions = {}, Mappings = {}, Outputs = {} } = stack.template;
  const pseudo = pseudoParameters(account, stack.name);
  const resolving = new Set<string>();
  const described = (logicalId: string): Described => ({
    account,
    stackName: stack.name,
    logicalId,
    type: Resources[logicalId]?.Type ?? "",
    property: (name) => resolve(Resources[logicalId]?.Properties?.[name], scope),
  });
  /** Guards against circles, in which CloudFormation creates nothing. */
  const once = <T>(key: string, compute: () => T): T => {
    if (resolving.has(key)) throw new Error(`${stack.id}: circular reference through ${key}`);
    resolving.add(key);
    try {
      return compute();
    } finally {
      resolving.delete(key);
    }
  };
  const formsOf = (logicalId: string) => {
    const type = Resources[logicalId]?.Type;
    if (!type) throw new Error(`${stack.id}: there is no ${logicalId} to refer to`);
    const found = forms[type];
    if (!found) throw new Error(`${stack.id}: no form is known for references to ${type} (${logicalId})`);
    return { type, ...found };
  };
  const scope: Scope = {
    region: account.region,
    ref: (name) => {
      const value = pseudo[name] ?? Parameters[name]?.Default;
      return value ?? once(name, () => formsOf(name).ref(described(name)));
    },
    attribute: (logicalId, name) => {
      const { type, attributes } = formsOf(logicalId);
      if (!(name in (typeSpec(type)?.attributes ?? {})))
        throw new Error(`${stack.id}: ${type} has no attribute ${name}`);
      const form = attributes?.[name];
      if (!form) throw new Error(`${stack.id}: no form is known for attribute ${name} of ${type}`);
      return once(`${logicalId}.${name}`, () => form(described(logicalId)));
    },
    imported: (name) => {
      const exporter = earlier.find(({ exports }) => name in exports);
      if (!exporter) throw new Error(`${stack.id}: no earlier stack exports ${name}`);
      return exporter.exports[name];
    },
    output: (stackName, name) => {
      const other = earlier.find(({ name: theirs, outputs }) => theirs === stackName && name in outputs);
      if (!other) throw new Error(`${stack.id}: no earlier stack ${stackName} has an output ${name}`);
      return other.outputs[name];
    },
    condition: (name) => {
      if (!(name in Conditions)) throw new Error(`${stack.id}: there is no condition ${name}`);
      return Boolean(once(`condition ${name}`, () => resolve(Conditions[name], scope)));
    },
    mapping: (name) => Mappings[name],
  };
  const resources = Object.entries(Resources)
    .filter(([, { Condition }]) => !Condition || scope.condition(Condition))
    .map(([logicalId, { Type, Properties, DeletionPolicy, UpdateReplacePolicy }]): DeployedResource => {
      const ref = forms[Type] && String(scope.ref(logicalId));
      return {
        stack: stack.id,
        logicalId,
        type: Type,
        properties: resolve(Properties ?? {}, scope),
        ...(ref && { ref }),
        ...(DeletionPolicy && { deletionPolicy: DeletionPolicy }),
        ...(UpdateReplacePolicy && { updateReplacePolicy: UpdateReplacePolicy }),
      };
    });
  const outputs: Record<string, unknown> = {};
  const exports: Record<string, unknown> = {};
  for (const [id, { Value, Export, Condition }] of Object.entries(Outputs)) {
    if (Condition && !scope.condition(Condition)) continue;
    outputs[id] = resolve(Value, scope);
    if (Export) exports[String(resolve(Export.Name, scope))] = outputs[id];
  }
  return { id: stack.id, name: stack.name, resources, outputs, exports };
}
