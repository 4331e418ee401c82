/** What one check found. `advice`: what to do about it, where there is something. */
export interface Finding {
  check: string;
  state: "ok" | "warning" | "missing";
  found: string;
  advice?: string;
}

const marks = { ok: "✔", warning: "!", missing: "✘" } as const;

/** The findings for people. */
export function formatFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ check, state, found, advice }) => {
      const line = `${marks[state]} ${check.padEnd(22)} ${found}`;
      return advice ? `${line}\n${" ".repeat(25)}${advice}` : line;
    })
    .join("\n");
}
