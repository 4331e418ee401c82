import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderStore } from "../../../core/folder-store.ts";

let store: FolderStore;
beforeEach(async () => {
  store = new FolderStore(await mkdtemp(join(tmpdir(), "store-")));
});
afterEach(() => rm(store.folder, { recursive: true }));
const keys = async (prefix: string) => (await Array.fromAsync(store.list(prefix))).map((info) => info.key);

describe("FolderStore", () => {
  it("gives back what was written, whole or as a stream", async () => {
    await store.write("a/b.txt", "hello");
    expect(Buffer.from(await store.read("a/b.txt")).toString()).toBe("hello");
    await store.writeStream("a/c.txt", Readable.from(["x", "y"]));
    expect((await (await store.readStream("a/c.txt")).toArray()).join("")).toBe("xy");
  });

  it("reads from a byte on", async () => {
    await store.write("a", "hello");
    expect((await (await store.readStream("a", 2)).toArray()).join("")).toBe("llo");
  });

  it("writes what nobody else has written since, and of two at once lets one", async () => {
    expect(await store.writeIfUnchanged("lock", "1", undefined)).toBe(true);
    expect(await store.writeIfUnchanged("lock", "2", undefined)).toBe(false);
    const etag = (await store.head("lock"))?.etag;
    const both = await Promise.all(["3", "4"].map((body) => store.writeIfUnchanged("lock", body, etag)));
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(await store.writeIfUnchanged("lock", "5", etag)).toBe(false);
  });

  it("lists the keys below a prefix in ascending order, as S3 does", async () => {
    for (const key of ["a/1", "a-b/1", "a.txt", "b/1", "a/c/2"]) await store.write(key, key);
    expect(await keys("a")).toEqual(["a-b/1", "a.txt", "a/1", "a/c/2"]);
    expect(await keys("a/")).toEqual(["a/1", "a/c/2"]);
    expect(await keys("none/")).toEqual([]);
  });

  it("follows links to folders", async () => {
    await store.write("real/1.jpg", "1");
    await symlink(join(store.folder, "real"), join(store.folder, "link"));
    expect(await keys("link/")).toEqual(["link/1.jpg"]);
  });

  it("changes the etag with the content", async () => {
    await store.write("a", "1");
    const before = await store.head("a");
    await writeFile(join(store.folder, "a"), "2");
    expect((await store.head("a"))?.etag).not.toBe(before?.etag);
    expect(before).toMatchObject({ key: "a", size: 1 });
  });

  it("knows nothing of missing keys and of folders", async () => {
    await store.write("a/b", "1");
    expect(await store.head("none")).toBeUndefined();
    expect(await store.head("a")).toBeUndefined();
    await expect(store.read("none")).rejects.toMatchObject({ name: "NotFound" });
    await expect(store.readStream("a")).rejects.toMatchObject({ name: "NotFound" });
  });

  it("leaves the old content and no litter when a write fails", async () => {
    await store.write("a", "old");
    const failing = Readable.from(
      (async function* () {
        yield "new";
        throw new Error("source broke");
      })(),
    );
    await expect(store.writeStream("a", failing)).rejects.toThrow("source broke");
    expect(Buffer.from(await store.read("a")).toString()).toBe("old");
    expect(await readdir(store.folder)).toEqual(["a"]);
  });

  it("rejects a key that leaves the folder", async () => {
    await expect(store.write("../x", "")).rejects.toThrow("leaves the folder");
    await expect(store.head("../x")).rejects.toThrow("leaves the folder");
  });
});
