import { App } from "aws-cdk-lib";
import { composeStacks } from "../lib/compose.ts";
import { readConfig } from "../lib/config.ts";

const app = new App();
composeStacks(app, readConfig(String(app.node.tryGetContext("stage") ?? "prod")));
