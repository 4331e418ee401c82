import { expect, it } from "vitest";
import { checkChampion } from "../../../../lambdas/check-champion/logic.ts";

/** Each look sees the next of the served versions; the last one stays. An Error is an API that does not answer. */
function clients(champion: string | undefined, ...served: (string | Error)[]) {
  let looks = 0;
  const readServed = async () => {
    const found = served[Math.min(looks++, served.length - 1)] as string | Error;
    if (found instanceof Error) throw found;
    return found;
  };
  return { readChampion: async () => champion, readServed, looks: () => looks };
}

it("is well when the API serves the champion", async () => {
  const all = clients("7", "7");
  expect(await checkChampion(all, 0.002, 0.001)).toEqual({ stale: false, champion: "7", served: "7" });
  expect(all.looks()).toBe(1);
});

it("waits until a promotion is loaded", async () => {
  const all = clients("7", new Error("starting"), "6", "7");
  expect(await checkChampion(all, 0.005, 0.001)).toMatchObject({ stale: false, served: "7" });
  expect(all.looks()).toBe(3);
});

it("is stale when the API still serves another version at the last look", async () => {
  const all = clients("7", "6");
  expect(await checkChampion(all, 0.002, 0.001)).toEqual({ stale: true, champion: "7", served: "6" });
  expect(all.looks()).toBe(3);
});

it("is stale when the API does not say what it serves", async () => {
  expect(await checkChampion(clients("7", new Error("503")), 0)).toMatchObject({ stale: true, served: undefined });
});

it("is well before the first promotion", async () => {
  expect(await checkChampion(clients(undefined, "bootstrap"), 0)).toMatchObject({ stale: false });
});

it("fails when the registry does, for it knows nothing then", async () => {
  const all = { ...clients("7", "7"), readChampion: () => Promise.reject(new Error("MLflow is away")) };
  await expect(checkChampion(all, 0)).rejects.toThrow("MLflow is away");
});
