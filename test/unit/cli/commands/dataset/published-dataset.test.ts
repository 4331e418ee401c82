import { describe, expect, it } from "vitest";
import { listPublishedFiles } from "../../../../../cli/commands/dataset/published-dataset.ts";
import { answer, startFileHost } from "../../../../support/file-host.ts";

const file = (filename: string, change: object = {}) => {
  const content_details = { size: 3, sha256_hash: "A".repeat(64), download_url: "https://host.example/x", ...change };
  return { filename, id: "1", content_details };
};
const list = async (body: unknown, status = 200) => {
  const { address } = await startFileHost(answer(status, typeof body === "string" ? body : JSON.stringify(body)));
  return listPublishedFiles(address);
};

describe("listPublishedFiles", () => {
  it("gives size, hash and address of what makes the dataset", async () => {
    expect(await list([file("photographs.zip"), file("read me.pdf"), file("labels.xlsx")])).toEqual([
      { name: "photographs.zip", url: "https://host.example/x", size: 3, sha256: "a".repeat(64) },
      { name: "labels.xlsx", url: "https://host.example/x", size: 3, sha256: "a".repeat(64) },
    ]);
  });

  it.each([
    ["another shape", { message: "gone" }, /does not describe files as expected[\s\S]*array/],
    ["no hash", [file("a.zip", { sha256_hash: undefined })], /sha256_hash/],
    ["a name that leaves the folder", [file("../a.zip")], /filename/],
    ["an address that is no download", [file("a.zip", { download_url: "file:///etc/passwd" })], /download_url/],
    ["no zip", [file("a.pdf")], /lists no zip with photographs, but: a\.pdf/],
    ["a page", "<html>", /not JSON: '<html>/],
  ])("says what came instead, and how to go on, when there is %s", async (_name, body, message) => {
    const error = await list(body).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: "DownloadFailed", message: expect.stringMatching(message) });
    expect(error).toMatchObject({ message: expect.stringContaining("give the zip with --zip") });
  });

  it("says that the repository rejects", async () => {
    await expect(list("", 403)).rejects.toThrow("answers 403: Forbidden");
  });
});
