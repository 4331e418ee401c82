import { describe, expect, it } from "vitest";
import { parseRows } from "../../../../core/dataset/rows.ts";
import { header } from "./raw-dataset.ts";

const good = "T20_d01_001_a_1,2022-04-04 18:56:55,T20,1,1,1";
const other = (at: number) => `T20_d0${at}_009_b_1,2022-04-0${at} 08:00:00,T20,9,${at},2`;
const parse = (...lines: string[]) => parseRows(Buffer.from([header, ...lines].join("\n")));
/** What is wrong with one line among enough good ones. */
function problemOf(line: string) {
  const { rows, problems } = parse(good, other(1), line, other(2));
  expect(rows.map((row) => row.line)).toEqual([2, 3, 5]);
  expect(problems).toHaveLength(1);
  return problems[0];
}

describe("parseRows", () => {
  it("reads the columns by name and with their types", () => {
    expect(parse(good)).toEqual({
      rows: [
        {
          line: 2,
          fileName: "T20_d01_001_a_1",
          time: Date.UTC(2022, 3, 4, 18, 56, 55),
          storageGroup: "T20",
          sample: "1",
          day: 1,
          stage: 1,
        },
      ],
      problems: [],
      lines: 1,
    });
  });

  it("takes a byte order mark, CRLF, empty lines, other columns and another order", () => {
    const text = "\ufeffSample,Note,Storage Group,Time Stamp,Day of Experiment,Ripening Index Classification,File Name";
    const { rows, problems } = parseRows(
      Buffer.from(`${text}\r\n\r\n7,"a, b",Tam,2022-04-04T10:00,3.0,4.0,x.jpg\r\n,,,,,,\r\n`),
    );
    expect(problems).toEqual([]);
    expect(rows).toMatchObject([{ line: 3, fileName: "x", storageGroup: "Tam", sample: "7", day: 3, stage: 4 }]);
  });

  it.each([
    ["x,2022-04-04 18:56:55,T20,1,1,6", "bad-stage", "Ripening Index Classification '6' is not a stage from 1 to 5"],
    [
      "x,2022-04-04 18:56:55,T20,1,1,2.5",
      "bad-stage",
      "Ripening Index Classification '2.5' is not a stage from 1 to 5",
    ],
    ["x,2022-04-04 18:56:55,T30,1,1,1", "unknown-storage-group", "Storage Group 'T30' is none of T10, T20, Tam"],
    ["x,04/04/2022,T20,1,1,1", "bad-time-stamp", "Time Stamp '04/04/2022' is not a time like 2022-04-04 18:56:55"],
    [
      "x,2022-02-30 10:00:00,T20,1,1,1",
      "bad-time-stamp",
      "Time Stamp '2022-02-30 10:00:00' is not a time like 2022-04-04 18:56:55",
    ],
    ["x,2022-04-04 18:56:55,T20,1,first,1", "bad-day", "Day of Experiment 'first' is not a whole number from 0"],
    ["x,2022-04-04 18:56:55,T20,,1,1", "missing-value", "no value for Sample"],
    [
      "x,2022-04-04 18:56:55,T20",
      "missing-value",
      "no value for Sample, Day of Experiment, Ripening Index Classification",
    ],
    ["x,2022-04-04 18:56:55,T20,1,1,1,9", "too-many-values", "1 more values than columns"],
    ["../x,2022-04-04 18:56:55,T20,1,1,1", "bad-file-name", "File Name '../x' must be a name without a folder"],
    [good, "duplicate-file-name", "File Name 'T20_d01_001_a_1' is on line 2 already"],
    ["x,2022-04-04 18:56:55,T10,1,1,1", "fruit-in-two-groups", "Sample '1' is in 'T10', but line 2 has it in 'T20'"],
  ])("rejects the row %s as %s", (line, reason, message) => {
    expect(problemOf(line)).toMatchObject({ line: 4, reason, message });
  });

  it("says everything that is wrong with a row and counts it once", () => {
    const problem = problemOf("x,soon,T99,1,1,0");
    expect(problem?.reason).toBe("bad-time-stamp");
    expect(problem?.message).toMatch(/soon.*T99.*'0'/);
  });

  it("names every missing column", () => {
    const text = header.replace("Sample,", "").replace("Time Stamp", "Time");
    expect(() => parseRows(Buffer.from(text))).toThrow(
      /lacks the columns 'Time Stamp', 'Sample'.*it has: File Name, Time,/s,
    );
  });

  it.each([
    [";", "';'"],
    ["\t", "tabs"],
  ])("says that the separator %j is wrong", (separator, shown) => {
    const text = `${header}\n${good}`.replaceAll(",", separator);
    expect(() => parseRows(Buffer.from(text))).toThrow(`data.csv is separated by ${shown}. Save it with commas`);
  });

  it.each([
    ["an empty file", "", "data.csv is empty"],
    ["a header alone", `${header}\n`, "data.csv has no rows"],
    ["a quote that never ends", `${header}\nx,"2022`, "data.csv cannot be read"],
  ])("rejects %s", (_name, text, message) => {
    expect(() => parseRows(Buffer.from(text))).toThrow(message);
  });

  it("rejects a table most of whose rows are bad, with examples", () => {
    const bad = (stage: number) => `x${stage},2022-04-04 18:56:55,T20,1,1,${stage}`;
    expect(() => parse(good, bad(7), bad(8))).toThrow(/2 of 3 rows cannot be used.*line 3: .*'7'.*line 4: .*'8'/s);
  });
});
