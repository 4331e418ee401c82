import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dataColumns } from "../../../../../core/dataset/rows.ts";
import { type Answering, answer, serve, startFileHost } from "../../../../support/file-host.ts";
import { spreadsheet } from "../../../../support/spreadsheet.ts";
import { zipped } from "../../../core/dataset/raw-dataset.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "published-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) =>
  new Promise<{ status: number; output: string }>((resolve) => {
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, "cache") };
    const command = ["cli/main.ts", "dataset", "download", "--out", join(folder, "out"), ...args];
    execFile(process.execPath, command, { env }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });

const table = spreadsheet({
  Sheet1: [
    [...dataColumns],
    ["T20_d01_001_a_1", new Date("2022-04-04T18:56:55Z"), "T20", 1, 1, 1],
    ["T20_d01_001_b_1", new Date("2022-04-04T18:57:03Z"), "T20", 1, 1, 1],
    ["T20_d02_001_a_1", new Date("2022-04-05T18:57:03Z"), "T20", 1, 2, 7],
  ],
});
const photographs = {
  "Dataset/T20_d01_001_a_1.jpg": Buffer.from("photograph a"),
  "Dataset/T20_d02_001_a_1.jpg": Buffer.from("photograph c"),
  "__MACOSX/Dataset/._T20_d01_001_a_1.jpg": Buffer.from("rubbish"),
};

/** A data repository that describes this zip, and gives it as it likes. */
async function repository(zip: Uint8Array, give: Answering) {
  const { address } = await startFileHost((request, response) => {
    if (!request.url?.startsWith("/public-api/")) return give(request, response);
    const download_url = `http://${request.headers.host}/files/avocado.zip`;
    const content_details = {
      size: zip.length,
      sha256_hash: createHash("sha256").update(zip).digest("hex"),
      download_url,
    };
    const right = request.url === "/public-api/datasets/3xd9n945v8/files?folder_id=root&version=1";
    return right
      ? answer(200, JSON.stringify([{ filename: "avocado.zip", content_details }]))(request, response)
      : answer(404)(request, response);
  });
  return address;
}

describe("npm run dataset -- download", () => {
  it("lays out the published zip, counts what is left out, and names the authors", async () => {
    const zip = await zipped({ ...photographs, "Dataset/labels.xlsx": table });
    const { status, output } = await run("--repository", await repository(zip, serve(zip)));
    expect(output).toContain("2 photographs and 3 rows in");
    expect(output).toContain("bad-stage: 1");
    expect(output).toContain("no-photograph: 1");
    expect(output).toContain("Pedro Xavier, Pedro Rodrigues and Cristina L. M. Silva (2024)");
    expect(status).toBe(0);
    const out = join(folder, "out");
    expect(readdirSync(out).sort()).toEqual(["ATTRIBUTION.md", "data.csv", "dataset.json", "images"]);
    expect(readdirSync(join(out, "images"))).toEqual(["T20_d01_001_a_1.jpg", "T20_d02_001_a_1.jpg"]);
    expect(readFileSync(join(out, "data.csv"), "utf8")).toContain("T20_d01_001_a_1,2022-04-04 18:56:55,T20,1,1,1\n");
    expect(JSON.parse(readFileSync(join(out, "dataset.json"), "utf8"))).toMatchObject({
      source: "hass-2024",
      doi: "10.17632/3xd9n945v8.1",
      attribution: expect.stringContaining("CC BY 4.0"),
    });
  });

  it("ends without a dataset when the zip is not the announced one", async () => {
    const zip = await zipped({ ...photographs, "labels.xlsx": table });
    const { status, output } = await run("--repository", await repository(zip, serve(Buffer.alloc(zip.length))));
    expect(output).toContain("is not the file that was announced");
    expect(output).not.toContain("    at ");
    expect(status).toBe(1);
    expect(readdirSync(folder)).not.toContain("out");
  });

  it("takes a zip and a spreadsheet that were fetched by hand", async () => {
    writeFileSync(join(folder, "by-hand.zip"), await zipped(photographs));
    writeFileSync(join(folder, "labels.xlsx"), table);
    const byHand = ["--zip", join(folder, "by-hand.zip")];
    expect(await run(...byHand)).toMatchObject({
      status: 1,
      output: expect.stringContaining("There is no spreadsheet in the zip. Name it with --spreadsheet."),
    });
    const { output } = await run(...byHand, "--spreadsheet", join(folder, "labels.xlsx"));
    expect(output).toContain("2 photographs and 3 rows in");
    expect((await run(...byHand)).output).toContain("has a dataset already");
  });
});
