import { type App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, type IApplyRule, NagRuleCompliance, type NagRuleResult } from "cdk-nag";

/** The security rules, which also remember what they find where it is acknowledged. */
export class RememberingChecks extends AwsSolutionsChecks {
  private readonly found: { path: string; id: string }[] = [];

  protected override applyRule(params: IApplyRule): void {
    const suffix = params.ruleSuffixOverride ?? params.rule.name;
    const remember = (id: string) => this.found.push({ path: params.node.node.path, id });
    super.applyRule({
      ...params,
      ruleSuffixOverride: suffix,
      rule: (node) => {
        try {
          const result = params.rule(node);
          findingsOf(result, `${this.packName}-${suffix}`).forEach(remember);
          return result;
        } catch (error) {
          // A rule that throws is a finding, too.
          remember(`${this.packName}-${suffix}`);
          throw error;
        }
      },
    });
  }

  /** Acknowledgements of findings that are not there, neither on their node nor below it. Ask after the synthesis. */
  findDead(app: App): string[] {
    return app.node.findAll().flatMap(({ node }) => {
      const isFound = (id: string) =>
        this.found.some((finding) => finding.id === id && `${finding.path}/`.startsWith(`${node.path}/`));
      return node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) => Object.keys(data).map((id) => id.replace(/^annotation::/i, "")))
        .filter((id) => id.startsWith(this.packName) && !isFound(id))
        .map((id) => `${node.path}: ${id}`);
    });
  }
}

function findingsOf(result: NagRuleResult, id: string): string[] {
  if (Array.isArray(result)) return result.map((finding) => `${id}[${finding}]`);
  return result === NagRuleCompliance.NON_COMPLIANT ? [id] : [];
}
