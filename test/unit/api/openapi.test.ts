import { expect, it } from "vitest";
import { z } from "zod";
import { describeApi } from "../../../api/openapi.ts";
import { routeEntries } from "../../../core/contracts/api-routes.ts";
import * as contract from "../../../core/contracts/predict.ts";

const api = describeApi();
// As a reader of the document gets it.
const document = JSON.parse(JSON.stringify(api)) as typeof api;

it("describes every route and no other", () => {
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(routeEntries.map(({ route }) => route).sort());
});

it("holds every schema of the contract, as it is", () => {
  const ofContract = Object.entries<unknown>(contract).filter(
    (entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType,
  );
  expect(ofContract.length).toBeGreaterThan(8);
  for (const [name, schema] of ofContract) {
    if (name === "servedModel") continue; // a part of others
    const { $schema, ...json } = z.toJSONSchema(schema);
    const key = name.charAt(0).toUpperCase() + name.slice(1);
    expect(document.components.schemas[key]).toEqual(JSON.parse(JSON.stringify(json)));
  }
});

it("refers to nothing that is not there", () => {
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(references.length).toBeGreaterThan(10);
  for (const name of references) expect(document.components.schemas).toHaveProperty([name as string]);
});

it("says when to come back with 429 and 503, and which forms /predict takes", () => {
  const predict = document.paths["/predict"]?.post as { requestBody: { content: object }; responses: object };
  expect(Object.keys(predict.requestBody.content)).toEqual([
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "application/json",
  ]);
  expect(Object.keys(predict.responses)).toEqual(expect.arrayContaining(["200", "400", "413", "415", "429", "503"]));
});
