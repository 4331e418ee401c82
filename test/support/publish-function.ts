import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateFunctionCommand, DeleteFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { zipSync } from "fflate";
import { onTestFinished } from "vitest";
import { bundleOf } from "../../lib/constructs/bundle.ts";
import { localClient } from "./ministack.ts";

/** Creates the function that publishes the champion in a MiniStack, until the test is over. Its name. */
export async function createPublishFunction(url: string, bucket: string, mlflow: string): Promise<string> {
  const client = new LambdaClient(localClient(url));
  const FunctionName = `publish-champion-${bucket}`;
  const Variables = {
    ARTIFACT_BUCKET: bucket,
    MODEL_NAME: "avocado-model",
    MLFLOW_TRACKING_URI: mlflow,
    POWERTOOLS_LOG_LEVEL: "SILENT",
  };
  await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs24.x",
      Role: "arn:aws:iam::000000000000:role/publish-champion",
      Handler: "index.handler",
      Code: { ZipFile: zipSync({ "index.js": readFileSync(join(bundleOf("publish-champion").folder, "index.js")) }) },
      Timeout: 25,
      Environment: { Variables },
    }),
  );
  onTestFinished(async () => {
    await client.send(new DeleteFunctionCommand({ FunctionName }));
  });
  return FunctionName;
}
