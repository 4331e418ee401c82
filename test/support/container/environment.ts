/**
 * The variables that a template gives a container or a function, for a program that runs here: what only an account can fill in (a
 * reference) comes from the stand-ins, which may also replace what is written out.
 * @throws Error naming a reference that has no stand-in
 */
export function resolveEnvironment(
  variables: Record<string, unknown>,
  standIns: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      const resolved = standIns[name] ?? value;
      if (typeof resolved !== "string")
        throw new Error(`${name} refers to ${JSON.stringify(value)}: what stands for it?`);
      return [name, resolved];
    }),
  );
}
