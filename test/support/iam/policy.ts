/** A statement of a policy, its intrinsic functions resolved. */
export interface Statement {
  Effect: "Allow" | "Deny";
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Principal?: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** What somebody asks for. Keys of the context are as AWS names them, in any case of letters. */
export interface IamRequest {
  action: string;
  resource: string;
  context?: Readonly<Record<string, string>>;
}

/** Each operator on one value of the request and one of the policy. A test fails on any other. */
const operators: Record<string, (actual: string, wanted: string) => boolean> = {
  StringEquals: (actual, wanted) => actual === wanted,
  StringNotEquals: (actual, wanted) => actual !== wanted,
  StringLike: (actual, wanted) => matches(wanted, actual),
  ArnEquals: (actual, wanted) => matches(wanted, actual),
  ArnLike: (actual, wanted) => matches(wanted, actual),
  NumericLessThan: (actual, wanted) => Number(actual) < Number(wanted),
  Bool: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
};

/**
 * Would IAM allow the request to the owner of these statements, all in one account? A deny wins; without an allow the answer is
 * no. After https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
 * @throws Error for an operator that it does not know
 */
export function allows(statements: readonly Statement[], request: IamRequest): boolean {
  const applying = statements.filter((statement) => applies(statement, request));
  return applying.some(({ Effect }) => Effect === "Allow") && !applying.some(({ Effect }) => Effect === "Deny");
}

/** Is the statement about this request, its conditions included? */
export function applies(statement: Statement, { action, resource, context = {} }: IamRequest): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement;
  const named = (patterns: string | string[] | undefined, value: string) =>
    listed(patterns ?? []).some((pattern) => matches(pattern, value));
  // Actions are the same in any case of letters; resources are not.
  const isAction = (patterns: string | string[] | undefined) =>
    listed(patterns ?? []).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
  if (NotAction ? isAction(NotAction) : !isAction(Action)) return false;
  if (NotResource ? named(NotResource, resource) : !named(Resource, resource)) return false;
  return Object.entries(Condition).every(([operator, wanted]) => holds(operator, wanted, context));
}

function holds(
  name: string,
  wanted: Record<string, string | string[]>,
  context: Readonly<Record<string, string>>,
): boolean {
  const optional = name.endsWith("IfExists");
  const operator = operators[name.replace(/IfExists$/, "")];
  if (!operator) throw new Error(`The condition operator ${name} is not known: add it to test/support/iam/policy.ts`);
  const values = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return Object.entries(wanted).every(([key, expected]) => {
    const actual = values.get(key.toLowerCase());
    // A key that the request lacks fulfils a negated operator, and no other.
    if (actual === undefined) return optional || name.includes("Not");
    const results = listed(expected).map((one) => operator(actual, String(one)));
    return name.includes("Not") ? results.every(Boolean) : results.some(Boolean);
  });
}

/** `*` stands for any characters, `?` for one. */
function matches(pattern: string, value: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "s").test(value);
}

/** One or several, as a list. */
export function listed<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}
