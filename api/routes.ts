import type { ApiRoute } from "../core/contracts/api-routes.ts";
import { uploadRequest } from "../core/contracts/predict.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { readJson } from "./body.ts";
import type { OpenedDependencies } from "./dependencies.ts";
import { checkHealth } from "./health.ts";
import type { Memory } from "./memory.ts";
import { predict } from "./predict.ts";
import { ProblemError } from "./problem.ts";
import { parseWith, readPredictRequest } from "./request.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { welcome } from "./welcome.ts";

/** A request on its way to its route. */
interface Received {
  request: Request;
  pathname: string;
  id: string;
  memory: Memory;
  metrics: RequestMetrics;
}

type Route = (received: Received) => Promise<Answer> | Answer;

/** What answers each route of the contract; a route without an entry does not compile. */
export function createRoutes(dependencies: () => OpenedDependencies): Record<ApiRoute, Route> {
  return {
    "GET /": () => jsonAnswer(welcome),
    "POST /predict": async ({ request, id, memory, metrics }) => {
      const input = await metrics.time("parse", () => readPredictRequest(request, memory));
      return jsonAnswer(await predict(input, dependencies(), { id, memory, metrics }));
    },
    "POST /uploads": async ({ request, memory }) => {
      const { uploads } = dependencies();
      if (!uploads)
        throw new ProblemError(404, "NoUploads", "This server takes no uploads. Send the photograph itself.");
      const { content_type } = await readJson(request, memory, (value) => parseWith(uploadRequest, value));
      return jsonAnswer(await uploads.createPresignedUpload(content_type));
    },
    "GET /health": async () => {
      const { holder, revision = "development" } = dependencies();
      return jsonAnswer(await checkHealth(holder, revision));
    },
    "GET /openapi.json": async () => jsonAnswer((await import("./openapi.ts")).describeApi()),
    "GET /docs": async () => (await import("./docs.ts")).docsPage(),
    "GET /docs/{file}": async ({ pathname }) => (await import("./docs.ts")).docsFile(pathname.slice(6)),
    "POST /reload-model": async () => {
      const { holder, republish } = dependencies();
      return jsonAnswer({ model: (await holder.reload(republish)).served });
    },
  };
}
