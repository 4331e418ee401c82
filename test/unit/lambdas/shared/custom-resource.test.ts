import type { CloudFormationCustomResourceEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { customResource } from "../../../../lambdas/shared/custom-resource.ts";
import { startAnswering } from "../../../support/http.ts";

async function send(RequestType: string, properties: object, apply: () => Promise<void> = async () => {}) {
  const { address: ResponseURL, asked } = await startAnswering({ status: 200, body: "" });
  let applied = 0;
  const handler = customResource("thing", z.object({ size: z.string() }), async () => {
    applied += 1;
    await apply();
  });
  const ids = { StackId: "stack", RequestId: "request", LogicalResourceId: "Thing" };
  const event = { RequestType, ResponseURL, ...ids, ResourceProperties: properties };
  await handler(event as unknown as CloudFormationCustomResourceEvent);
  return { applied, answer: asked[0] };
}

describe("customResource", () => {
  it.each(["Create", "Update"])("applies on %s and says so under the same id", async (type) => {
    const { applied, answer } = await send(type, { size: "1" });
    expect(applied).toBe(1);
    expect(answer).toMatchObject({ method: "PUT", headers: { "content-type": "" } });
    expect(answer?.body).toEqual({
      Status: "SUCCESS",
      PhysicalResourceId: "thing",
      StackId: "stack",
      RequestId: "request",
      LogicalResourceId: "Thing",
    });
  });

  it("does nothing on Delete", async () => {
    const { applied, answer } = await send("Delete", {});
    expect([applied, answer?.body]).toEqual([0, expect.objectContaining({ Status: "SUCCESS" })]);
  });

  it("tells CloudFormation what failed", async () => {
    const { answer } = await send("Create", { size: "1" }, () => Promise.reject(new Error("no database")));
    expect(answer?.body).toMatchObject({ Status: "FAILED", Reason: "no database" });
  });

  it("tells CloudFormation which property is wrong", async () => {
    const { applied, answer } = await send("Create", { size: 1 });
    expect([applied, answer?.body]).toEqual([
      0,
      expect.objectContaining({ Status: "FAILED", Reason: expect.stringContaining("size") }),
    ]);
  });
});
