import { describe, expect, it } from "vitest";
import { type ChampionChange, previousChampion } from "../../../core/champion-ledger.ts";

const change = (kind: ChampionChange["kind"], from: string | undefined, to: string): ChampionChange => ({
  modelName: "avocado-model",
  kind,
  ...(from !== undefined && { from }),
  to,
  by: "somebody",
  reason: "a test",
  at: "2026-03-01T10:00:00.000Z",
});
const retrained = [change("retraining", undefined, "1"), change("retraining", "1", "3"), change("promotion", "3", "4")];

describe("previousChampion", () => {
  it("is the champion before the one of now", () => {
    expect(previousChampion(retrained, "4")).toBe("3");
  });

  it("goes back further after a rollback, not to and fro", () => {
    const once = [...retrained, change("rollback", "4", "3")];
    expect(previousChampion(once, "3")).toBe("1");
    expect(previousChampion([...once, change("rollback", "3", "1")], "1")).toBeUndefined();
  });

  it("after a rollback and a promotion is what was rolled back to", () => {
    expect(previousChampion([...retrained, change("rollback", "4", "3"), change("promotion", "3", "5")], "5")).toBe(
      "3",
    );
  });

  it("is the last one of the ledger when somebody moved the alias by hand", () => {
    expect(previousChampion(retrained, "2")).toBe("4");
  });

  it("knows a champion that was there before the ledger", () => {
    expect(previousChampion([change("promotion", "7", "8")], "8")).toBe("7");
  });

  it("is nothing where there was none", () => {
    expect(previousChampion([], "1")).toBeUndefined();
  });
});
