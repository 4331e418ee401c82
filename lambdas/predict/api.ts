import type { Logger } from "@aws-lambda-powertools/logger";
import type { Metrics } from "@aws-lambda-powertools/metrics";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type ApiRoute, matchRoute } from "../../core/contracts/api-routes.ts";
import { uploadRequest } from "../../core/contracts/predict.ts";
import type { ObjectStore } from "../../core/storage.ts";
import { finish } from "../shared/finish.ts";
import { jsonResponse, ProblemError, problemResponses } from "../shared/problem.ts";
import { Decoder } from "./decoder.ts";
import type { FetchImage } from "./fetch-error.ts";
import { checkHealth } from "./health.ts";
import type { LoadOptions } from "./load-champion.ts";
import { RequestMetrics } from "./measure.ts";
import { type HolderOptions, ModelHolder } from "./model-holder.ts";
import { predict } from "./predict.ts";
import { bodyOf, parseWith, readJsonBody, readPredictRequest } from "./request.ts";
import type { Span } from "./trace.ts";
import type { Uploads } from "./uploads.ts";
import { welcome } from "./welcome.ts";

/** What the API stands on. */
export interface ApiDependencies {
  /** Holds the published champion. */
  store: ObjectStore;
  /** Publishes the champion again, as a reload asks. */
  republish?: () => Promise<unknown>;
  /** Where there are none, photographs are sent in the request. */
  uploads?: Uploads;
  fetchImage?: FetchImage;
  /** Which code this is. */
  revision?: string;
  model?: HolderOptions & LoadOptions;
}

/** Who is told what requests took; both are AWS's. */
export interface Observers {
  metrics?: Metrics;
  trace?: ((spans: readonly Span[]) => Promise<void>) | undefined;
}

type Result = APIGatewayProxyStructuredResultV2;
type Route = (event: APIGatewayProxyEventV2, id: string, measure: RequestMetrics) => Promise<Result> | Result;

/** The predict API. What it stands on is opened by the first request (or `warmUp`), and tried again when that fails. */
export function createApi(open: () => ApiDependencies, logger: Logger, { metrics, trace }: Observers = {}) {
  let opened: { dependencies: ApiDependencies; holder: ModelHolder; decoder: Decoder } | undefined;
  const dependencies = () => {
    if (!opened) {
      const found = open();
      const modelReloadFailed = () => new RequestMetrics(metrics).modelReloadFailed();
      const holder = new ModelHolder(found.store, logger, { ...found.model, modelReloadFailed });
      opened = { dependencies: found, holder, decoder: new Decoder(found.model?.threads) };
    }
    const { dependencies, ...parts } = opened;
    return { ...dependencies, ...parts };
  };
  const routes = createRoutes(dependencies);
  const handler = middy<APIGatewayProxyEventV2, Result>()
    .use(finish())
    .use(problemResponses(logger))
    .handler(async (event, context) => {
      logger.addContext(context);
      const measure = new RequestMetrics(metrics);
      try {
        return await routes[routeOf(event)](event, context.awsRequestId, measure);
      } catch (error) {
        measure.rejected(error instanceof ProblemError ? error.name : "Internal");
        throw error;
      } finally {
        await trace?.(measure.spans);
      }
    });
  /** Loads the model before anybody asks, and has it answer. @throws ProblemError 503 when it cannot serve */
  const warmUp = async () => {
    await checkHealth(dependencies().holder, "");
  };
  return { handler, warmUp };
}

function createRoutes(
  dependencies: () => ApiDependencies & { holder: ModelHolder; decoder: Decoder },
): Record<ApiRoute, Route> {
  return {
    "GET /": () => jsonResponse(welcome),
    "POST /predict": async (event, id, measure) => {
      const input = await measure.time("parse", () => readPredictRequest(event));
      const { holder, decoder, uploads, fetchImage = fetchLazily } = dependencies();
      return jsonResponse(await predict(input, { holder, decoder, fetchImage, uploads }, measure, id));
    },
    "POST /uploads": async (event) => {
      const { uploads } = dependencies();
      if (!uploads)
        throw new ProblemError(404, "NoUploads", "This server takes no uploads. Send the photograph itself.");
      const { content_type } = parseWith(uploadRequest, readJsonBody(bodyOf(event)));
      return jsonResponse(await uploads.createPresignedUpload(content_type));
    },
    "GET /health": async () =>
      jsonResponse(await checkHealth(dependencies().holder, dependencies().revision ?? "development")),
    "GET /openapi.json": async () => jsonResponse((await import("./openapi.ts")).describeApi()),
    "GET /docs": async () => (await import("./docs.ts")).docsPage(),
    "GET /docs/{file}": async (event) => (await import("./docs.ts")).docsFile(event.requestContext.http.path.slice(6)),
    "POST /reload-model": async () => {
      const { holder, republish } = dependencies();
      return jsonResponse({ model: (await holder.reload(republish)).served });
    },
  };
}

let fetcher: Promise<FetchImage> | undefined;

/** The fetcher's code is loaded by the first address, not before the first answer. */
const fetchLazily: FetchImage = async (url, stop) => {
  fetcher ??= import("./fetch-image.ts").then(({ createImageFetcher }) => createImageFetcher());
  return (await fetcher)(url, stop);
};

function routeOf(event: APIGatewayProxyEventV2): ApiRoute {
  const { method, path } = event.requestContext.http;
  const { route, allowed } = matchRoute(method, path);
  if (route) return route;
  if (allowed.length === 0) throw new ProblemError(404, "NotFound", `There is no ${method} ${path}.`);
  const detail = `There is no ${method} ${path}, only ${allowed.join(" and ")}.`;
  throw new ProblemError(405, "MethodNotAllowed", detail, { headers: { allow: allowed.join(", ") } });
}
