import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { replaceFile } from "../../../core/replace-file.ts";

const newPath = () => join(mkdtempSync(join(tmpdir(), "replace-")), "below", "file");

it("puts the new content in the place of the old one, which is read until then", async () => {
  const path = newPath();
  await replaceFile(path, (temporary) => writeFile(temporary, "old"));
  await replaceFile(path, async (temporary) => {
    await writeFile(temporary, "new");
    expect(readFileSync(path, "utf8")).toBe("old");
  });
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(readdirSync(join(path, ".."))).toEqual(["file"]);
});

it("leaves the old content, and nothing else, when the new one cannot be written", async () => {
  const path = newPath();
  await replaceFile(path, (temporary) => writeFile(temporary, "old"));
  const failing = replaceFile(path, async (temporary) => {
    await writeFile(temporary, "half");
    throw new Error("the disk is full");
  });
  await expect(failing).rejects.toThrow("the disk is full");
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(join(path, ".."))).toEqual(["file"]);
});
