import type { Logger } from "@aws-lambda-powertools/logger";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { ObjectStore } from "../../core/storage.ts";
import { jsonResponse, ProblemError, problemResponses } from "../shared/problem.ts";
import { readForm } from "./form.ts";
import { checkHealth } from "./health.ts";
import { ModelHolder } from "./model-holder.ts";
import { predict } from "./predict.ts";

/** The predict API over the store that holds the champion; the store is opened by the first request. */
export function createApi(openStore: () => ObjectStore, logger: Logger) {
  let holder: ModelHolder | undefined;
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(problemResponses(logger))
    .handler(async (event, context) => {
      logger.addContext(context);
      holder ??= new ModelHolder(openStore(), logger);
      const { method, path } = event.requestContext.http;
      switch (`${method} ${path}`) {
        case "POST /predict":
          return jsonResponse(await predict(await readForm(event), holder, context.awsRequestId));
        case "GET /health":
          return jsonResponse(await checkHealth(holder));
        case "POST /reload-model":
          return jsonResponse({ model: (await holder.reload()).served });
        default:
          throw new ProblemError(404, "NotFound", `There is no ${method} ${path}.`);
      }
    });
}
