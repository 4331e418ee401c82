import { describe, expect, it } from "vitest";
import { artifactPrefix } from "../../../../core/mlflow/artifacts.ts";

describe("artifactPrefix", () => {
  it("gives the folder's key in the bucket", () => {
    expect(artifactPrefix("art", "s3://art/mlflow/e/r/artifacts/model")).toBe("mlflow/e/r/artifacts/model/");
    expect(artifactPrefix("art", "s3://art/mlflow/model/")).toBe("mlflow/model/");
  });

  it("rejects files of another bucket", () => {
    expect(() => artifactPrefix("art", "s3://artist/model")).toThrow(
      "'s3://artist/model' is not in the artifact bucket",
    );
  });
});
