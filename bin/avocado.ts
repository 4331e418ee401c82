import { App, Validations } from "aws-cdk-lib";
import { composeStacks } from "../lib/compose.ts";
import { readConfig, type StageConfig } from "../lib/config.ts";

// Bundles and layers keep the modes with which they are written, and Lambda reads them as another user: under a deployer's
// umask of 077 they could not be loaded.
process.umask(0o022);

const app = new App();
// Loading the rules takes longer than making the templates.
if (app.node.tryGetContext("checks")) {
  const { AwsSolutionsChecks } = await import("cdk-nag");
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
composeStacks(app, readStage(String(app.node.tryGetContext("stage") ?? "prod")));

/** What is wrong with a stage's file is for a person to correct: where in the code it was found is of no use to them. */
function readStage(stage: string): StageConfig {
  try {
    return readConfig(stage);
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}
