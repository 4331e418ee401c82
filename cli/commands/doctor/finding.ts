/** One check's result. `advice`: what to do about it. */
export interface Finding {
  check: string;
  /** `missing` stops a deployment or a link of the chain; `unknown` could not be asked. */
  state: "ok" | "warning" | "missing" | "unknown";
  found: string;
  advice?: string;
  /** IAM action that would answer the question, where this identity does not have it. */
  permission?: string;
}

/** Findings about one part of a stage. */
export interface Section {
  title: string;
  findings: Finding[];
}

const marks = { ok: "✔", warning: "!", missing: "✘", unknown: "?" } as const;
const width = 22;

/** The findings for people: one line each, and below it what to do. */
export function formatFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ check, state, found, advice }) => {
      const line = `${marks[state]} ${check.padEnd(width)} ${found}`;
      const indented = advice?.split("\n").map((each) => `${" ".repeat(width + 3)}${each}`);
      return indented ? [line, ...indented].join("\n") : line;
    })
    .join("\n");
}

/** Sections for people, and at the end how many findings want attention. */
export function formatSections(sections: readonly Section[]): string {
  const filled = sections.filter(({ findings }) => findings.length > 0);
  const texts = filled.map(({ title, findings }) => `${title}\n${formatFindings(findings)}`);
  return [...texts, summarize(filled.flatMap(({ findings }) => findings))].join("\n\n");
}

function summarize(findings: readonly Finding[]): string {
  const count = (state: Finding["state"]) => findings.filter((finding) => finding.state === state).length;
  const [missing, warnings, unknown] = [count("missing"), count("warning"), count("unknown")];
  const parts = [
    missing > 0 && `${missing} ✘ to fix first`,
    warnings > 0 && `${warnings} ! to know`,
    unknown > 0 && `${unknown} ? not answered`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? `${parts.join(", ")}.` : "All is well.";
}
