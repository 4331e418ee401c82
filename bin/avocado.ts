import { App, Validations } from "aws-cdk-lib";
import { composeStacks } from "../lib/compose.ts";
import { readConfig } from "../lib/config.ts";

const app = new App();
// Loading the rules takes longer than making the templates.
if (app.node.tryGetContext("checks")) {
  const { AwsSolutionsChecks } = await import("cdk-nag");
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
composeStacks(app, readConfig(String(app.node.tryGetContext("stage") ?? "prod")));
