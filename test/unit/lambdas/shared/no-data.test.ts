import { expect, it } from "vitest";
import { NoDataError, NotFoundError } from "../../../../core/errors.ts";
import { orNoData } from "../../../../lambdas/shared/no-data.ts";

it("makes an outcome of no data, and of nothing else", async () => {
  await expect(orNoData(Promise.resolve(1))).resolves.toBe(1);
  await expect(orNoData(Promise.reject(new NoDataError("none yet")))).resolves.toEqual({
    outcome: "NoData",
    reason: "none yet",
  });
  await expect(orNoData(Promise.reject(new NotFoundError("gone")))).rejects.toThrow("gone");
});
