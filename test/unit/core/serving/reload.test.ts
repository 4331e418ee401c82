import { describe, expect, it } from "vitest";
import type { ChampionManifest } from "../../../../core/contracts/model.ts";
import { reloadApi } from "../../../../core/serving/reload.ts";
import { startAnswering } from "../../../support/http.ts";

const sha256 = "a".repeat(64);
const manifest = { modelName: "avocado-model", version: "2", sha256 } as ChampionManifest;
const serving = (version: string) => ({
  status: 200,
  body: JSON.stringify({ model: { name: "avocado-model", version, alias: "champion", sha256 } }),
});

function reload(address: string) {
  return reloadApi(`${address}/`, fetch, manifest, { maxAttempts: 3, initialInterval: 1 });
}

describe("reloadApi", () => {
  it("asks the API once and says what it serves", async () => {
    const { address, asked } = await startAnswering(serving("2"));
    await expect(reload(address)).resolves.toBe("The API serves version 2 of avocado-model.");
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /reload-model"]);
  });

  it("asks again while the API serves an older version or fails", async () => {
    const { address, asked } = await startAnswering(serving("1"), { status: 503, body: "starting" }, serving("2"));
    await expect(reload(address)).resolves.toContain("version 2");
    expect(asked).toHaveLength(3);
  });

  it("gives up saying which version the API serves", async () => {
    const { address } = await startAnswering(serving("1"));
    await expect(reload(address)).rejects.toThrow("it serves version 1, not 2");
  });

  it("gives up saying what the API answered", async () => {
    const { address } = await startAnswering({ status: 404, body: "Not Found" });
    await expect(reload(address)).rejects.toThrow(`${address}/reload-model answers 404: Not Found`);
  });
});
