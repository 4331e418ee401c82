import { describe, expect, it } from "vitest";
import { spreadsheetToCsv } from "../../../../../cli/commands/dataset/spreadsheet.ts";
import { dataColumns } from "../../../../../core/dataset/rows.ts";
import { spreadsheet } from "../../../../support/spreadsheet.ts";

const time = new Date("2022-04-04T18:56:55Z");

describe("spreadsheetToCsv", () => {
  it("finds the sheet with the columns and writes them in their order", async () => {
    const shuffled = ["Sample", "Weight", ...dataColumns.filter((column) => column !== "Sample")];
    const xlsx = spreadsheet({
      About: [["This is about avocados"]],
      Data: [shuffled, [1, 203.5, "T20_d01_001_a_1", "2022-04-04 18:56:55", "T20", 1, 2], [null, null, null]],
    });
    expect(await spreadsheetToCsv(xlsx)).toBe(
      `${dataColumns.join(",")}\nT20_d01_001_a_1,2022-04-04 18:56:55,T20,1,1,2\n`,
    );
  });

  it.each([
    ["a date", time],
    ["a number that is a date", time.getTime() / 86_400_000 + 25_569],
    ["text", "2022-04-04 18:56:55"],
  ])("writes a time that is kept as %s", async (_name, cell) => {
    const xlsx = spreadsheet({ Data: [[...dataColumns], ["a", cell, "T20", "1", 1, 1]] });
    expect(await spreadsheetToCsv(xlsx)).toContain("a,2022-04-04 18:56:55,T20,1,1,1");
  });

  it("says which columns it has found instead", async () => {
    const xlsx = spreadsheet({ Data: [["File Name", "Stage"]] });
    await expect(spreadsheetToCsv(xlsx)).rejects.toThrow("'Data' has File Name, Stage.");
  });

  it("says that it is not a spreadsheet", async () => {
    await expect(spreadsheetToCsv(Buffer.from("no"))).rejects.toMatchObject({
      name: "InvalidDataset",
      message: expect.stringContaining("The spreadsheet cannot be read"),
    });
  });
});
