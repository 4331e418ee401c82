import { z } from "zod";
import { type ApiRoute, routeEntries } from "../core/contracts/api-routes.ts";
import * as contract from "../core/contracts/predict.ts";

const schemas = {
  PredictForm: contract.predictForm,
  PredictUrlForm: contract.predictUrlForm,
  PredictRequest: contract.predictRequest,
  PredictResponse: contract.predictResponse,
  UploadRequest: contract.uploadRequest,
  UploadResponse: contract.uploadResponse,
  HealthResponse: contract.healthResponse,
  ReloadResponse: contract.reloadResponse,
  WelcomeResponse: contract.welcomeResponse,
  Problem: contract.problem,
};
type SchemaName = keyof typeof schemas;

interface Operation {
  summary: string;
  /** Schemas by content type. */
  body?: Record<string, SchemaName>;
  /** A schema, or the content type of an answer that is not valid JSON. */
  answer: SchemaName | `${string}/${string}`;
  /** Statuses in addition to those of every route. */
  problems: number[];
}

/** The gateway throttles whatever is asked; a server of one's own has enough at some point. */
const everywhere = [429, 503];

/** Complete by its type: a route without an entry does not compile. */
const operations: Record<ApiRoute, Operation> = {
  "GET /": { summary: "Welcome, with links", answer: "WelcomeResponse", problems: [] },
  "POST /predict": {
    summary: "Days until the avocado on each photograph is over-ripe",
    body: {
      "multipart/form-data": "PredictForm",
      "application/x-www-form-urlencoded": "PredictUrlForm",
      "application/json": "PredictRequest",
    },
    answer: "PredictResponse",
    problems: [400, 413, 415],
  },
  "POST /uploads": {
    summary: "A form for S3, for a photograph that is too large for a request",
    body: { "application/json": "UploadRequest" },
    answer: "UploadResponse",
    problems: [400, 404, 413],
  },
  "GET /health": { summary: "Runs the model once", answer: "HealthResponse", problems: [] },
  "GET /openapi.json": { summary: "This document", answer: "application/json", problems: [] },
  "GET /docs": { summary: "This document, to try out", answer: "text/html", problems: [] },
  "GET /docs/{file}": { summary: "What the page is made of", answer: "text/javascript", problems: [404] },
  "POST /reload-model": {
    summary: "Publishes the champion again and serves it; for AWS identities",
    answer: "ReloadResponse",
    problems: [403, 404, 413, 502],
  },
};

const descriptions: Record<number, string> = {
  400: "The request is wrong; `detail` says where",
  403: "Not authorised",
  404: "Not there",
  413: "Too large",
  415: "Not a format that can be read",
  429: "Too many requests; come back in a second, or after what `Retry-After` says where there is one",
  502: "The champion cannot be loaded; the last one goes on serving",
  503: "Cannot answer at the moment; `Retry-After` says when to come back",
};

const reference = (name: SchemaName) => ({ schema: { $ref: `#/components/schemas/${name}` } });

function describeOperation(route: ApiRoute, path: string) {
  const { summary, body, answer, problems } = operations[route];
  const content = answer in schemas ? { "application/json": reference(answer as SchemaName) } : { [answer]: {} };
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const rejections = [...problems, ...everywhere].map((status) => [
    status,
    { description: descriptions[status], content: { "application/problem+json": reference("Problem") } },
  ]);
  return {
    summary,
    operationId: route.replace(/\W+/g, "-").replace(/-$/, "").toLowerCase(),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(Object.entries(body).map(([type, name]) => [type, reference(name)])),
      },
    }),
    responses: { 200: { description: "OK", content }, ...Object.fromEntries(rejections) },
  };
}

/** The API in OpenAPI 3.1, made of the contract's own schemas. */
export function describeApi() {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { route, method, path } of routeEntries) {
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(route, path) };
  }
  const converted = Object.entries(schemas).map(([name, schema]) => {
    const { $schema, ...json } = z.toJSONSchema(schema, { target: "draft-2020-12" });
    return [name, json];
  });
  return {
    openapi: "3.1.0",
    info: {
      title: "Avocado ripening",
      version: "1",
      description: "Photograph a Hass avocado, say how it is stored, get the days until it is over-ripe.",
    },
    // Relative to this document: the API does not know under which address it is reached.
    servers: [{ url: "." }],
    paths,
    components: { schemas: Object.fromEntries(converted) },
  };
}
