import { describe, expect, it } from "vitest";
import { json, kaggle } from "./server.ts";

const ref = { owner: "jane", slug: "avocado-ripening" };
const dataset = { ...ref, title: "Avocado ripening", licence: "other", keepVersions: true, files: ["t1", "t2"] };
const ok = json({ status: "ok", url: "https://kaggle/x" });

describe("publish", () => {
  it.each([404, 403])("makes a private dataset where status says %i", async (status) => {
    const { client, asked, bodies } = await kaggle((_, count) => (count === 1 ? json({ code: status }, status) : ok));
    await client.datasets.publish(dataset, "v1");
    expect(asked[1]?.path).toMatch(/CreateDataset$/);
    expect(bodies()[1]).toEqual({
      ownerSlug: "jane",
      slug: "avocado-ripening",
      title: "Avocado ripening",
      licenseName: "other",
      isPrivate: true,
      files: [{ token: "t1" }, { token: "t2" }],
    });
  });

  it("makes a new version where there is one", async () => {
    const { client, asked, bodies } = await kaggle((_, count) => (count === 1 ? json({ status: "READY" }) : ok));
    await client.datasets.publish(dataset, "v2");
    expect(asked[1]?.path).toMatch(/CreateDatasetVersion$/);
    expect(bodies()[1]).toEqual({
      ownerSlug: "jane",
      datasetSlug: "avocado-ripening",
      body: { versionNotes: "v2", files: [{ token: "t1" }, { token: "t2" }] },
    });
  });

  it("has Kaggle delete the versions before it, where that is wanted", async () => {
    const { client, bodies } = await kaggle((_, count) => (count === 1 ? json({ status: "READY" }) : ok));
    await client.datasets.publish({ ...dataset, keepVersions: false }, "v2");
    expect(bodies()[1]).toMatchObject({ body: { versionNotes: "v2", deleteOldVersions: true } });
  });

  it.each([
    ["an error", { status: "error", error: "The slug is taken" }, /The slug is taken/],
    ["no status", {}, /answered with status ''/],
  ])("fails on %s under HTTP 200", async (_, answer, message) => {
    const { client } = await kaggle((_, count) => (count === 1 ? json({}, 404) : json(answer)));
    await expect(client.datasets.publish(dataset, "v1")).rejects.toThrow(message);
  });

  it("is not sent again when it may have been carried out", async () => {
    const { client, asked } = await kaggle((_, count) => (count === 1 ? json({}, 404) : json({}, 500)));
    await expect(client.datasets.publish(dataset, "v1")).rejects.toMatchObject({ name: "Transient" });
    expect(asked).toHaveLength(2);
  });

  it("is sent again when Kaggle was too busy to do it", async () => {
    const { client, asked } = await kaggle((_, count) => [json({}, 404), json({}, 429), ok][count - 1] ?? ok);
    await client.datasets.publish(dataset, "v1");
    expect(asked).toHaveLength(3);
  });

  it("asks Kaggle nothing when the title cannot be", async () => {
    const { client, asked } = await kaggle(() => ok);
    await expect(client.datasets.publish({ ...dataset, title: "Avo" }, "v1")).rejects.toThrow(/make it 3 longer/);
    expect(asked).toHaveLength(0);
  });
});

describe("status", () => {
  it("is not ready without a status", async () => {
    const { client } = await kaggle(() => json({}));
    await expect(client.datasets.status(ref)).resolves.toBe("UNKNOWN");
  });
});

describe("listFiles", () => {
  it("reads all pages", async () => {
    const pages = [
      { datasetFiles: [{ name: "a", totalBytes: 1 }], nextPageToken: "p2" },
      { datasetFiles: [{ name: "b", totalBytes: "2" }] },
    ];
    const { client, bodies } = await kaggle((_, count) => json(pages[count - 1]));
    await expect(client.datasets.listFiles(ref, 3)).resolves.toEqual([
      { name: "a", totalBytes: 1 },
      { name: "b", totalBytes: 2 },
    ]);
    expect(bodies()[1]).toMatchObject({ pageToken: "p2", datasetVersionNumber: 3 });
  });

  it("does not turn pages for ever", async () => {
    const { client } = await kaggle(() => json({ nextPageToken: "same" }));
    await expect(client.datasets.listFiles(ref)).rejects.toThrow(/pages do not end/);
  });
});
