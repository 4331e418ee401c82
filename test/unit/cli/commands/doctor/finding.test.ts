import { describe, expect, it } from "vitest";
import { ask, findDenied } from "../../../../../cli/commands/doctor/ask.ts";
import { formatFindings, formatSections } from "../../../../../cli/commands/doctor/finding.ts";
import { denied, named } from "../../../../support/denied.ts";

describe("formatFindings", () => {
  it("puts below each problem what to do, each line in the same column", () => {
    const text = formatFindings([{ check: "Docker", state: "missing", found: "no", advice: "install it\nstart it" }]);
    expect(text).toMatch(/^✘ Docker {17}no\n {25}install it\n {25}start it$/);
  });
});

describe("formatSections", () => {
  const finding = (state: "ok" | "warning" | "missing" | "unknown") => ({ check: "a", state, found: "b" });

  it("counts at the end what wants attention", () => {
    const findings = [finding("ok"), finding("missing"), finding("missing"), finding("warning"), finding("unknown")];
    expect(formatSections([{ title: "Account", findings }])).toMatch(
      /^Account\n✔ a[\s\S]*\n\n2 ✘ to fix first, 1 ! to know, 1 \? not answered\.$/,
    );
  });

  it("leaves out empty sections, and says when all is well", () => {
    const sections = [
      { title: "Account", findings: [finding("ok")] },
      { title: "Limits", findings: [] },
    ];
    expect(formatSections(sections)).toMatch(/^Account\n.*\n\nAll is well\.$/);
  });
});

describe("ask", () => {
  it("names the permission that AWS says is missing", async () => {
    const finding = await ask("roles", "iam:GetRole", () => Promise.reject(denied("iam:GetRole")));
    expect(finding).toMatchObject({ state: "unknown", found: "not permitted to ask", permission: "iam:GetRole" });
    expect(finding.advice).toContain("iam:GetRole");
  });

  it.each(["AccessDenied", "UnauthorizedOperation", "AuthorizationErrorException"])(
    "knows %s, and names what it asked for where AWS does not",
    (name) => {
      expect(findDenied(named(name, "no"), "ec2:DescribeVpcs")).toBe("ec2:DescribeVpcs");
    },
  );

  it("tells a question that failed otherwise from one that was rejected", async () => {
    const finding = await ask("roles", "iam:GetRole", () => Promise.reject(new Error("ENOTFOUND")));
    expect(finding).toEqual({ check: "roles", state: "unknown", found: "could not be asked: ENOTFOUND" });
  });
});
