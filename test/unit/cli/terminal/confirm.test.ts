import { PassThrough, Readable } from "node:stream";
import { expect, it } from "vitest";
import { confirm } from "../../../../cli/terminal/confirm.ts";

const nowhere = () => new PassThrough().resume();

it.each([
  ["y\n", true],
  ["Yes\n", true],
  ["n\n", false],
  ["\n", false],
  ["yesterday\n", false],
])("takes the answer %j that comes through a pipe for %s", async (answer, taken) => {
  expect(await confirm("Change it?", Readable.from([answer]), nowhere())).toBe(taken);
});

it("shows the question, and the answer that nobody typed", async () => {
  const output = new PassThrough();
  await confirm("Change it?", Readable.from(["n\n"]), output);
  expect(String(output.read())).toBe("Change it? [y/N] n\n");
});

it("says what to do where nobody answers", async () => {
  await expect(confirm("Change it?", Readable.from([]), nowhere())).rejects.toThrow(/nothing was changed.*--yes/);
});
