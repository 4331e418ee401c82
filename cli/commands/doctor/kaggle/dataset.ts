import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";
import { imageBytes } from "../../../../core/contracts/dataset.ts";
import { encodeShard } from "../../../../core/dataset/npy.ts";
import { TransientError } from "../../../../core/errors.ts";
import type { BlobSource } from "../../../../core/kaggle/blobs.ts";
import { isAbsent } from "../../../../core/kaggle/errors.ts";
import type { Finding } from "../finding.ts";
import { type Contact, differs, holds, tryOut, until } from "./contact.ts";

const members = ["first\n", "second\n"].map((text) => gzipSync(text));
/** What is uploaded, by path: a shard in a folder as the pipeline makes it, a text, and a gzip file of two members. */
export const uploads = {
  "shards/photograph.npy": encodeShard([new Uint8Array(imageBytes).fill(7)]).content,
  "marker.txt": Buffer.from("The first contact of the avocado ripening service.\n"),
  "members.txt.gz": Buffer.concat(members),
} as const;

export const hashOf = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
/** What may come of the gzip file, by hash. */
export const unpackings = new Map([
  [hashOf(Buffer.from("first\n")), "unpacked, its first member alone"],
  [hashOf(gunzipSync(Buffer.concat(members))), "unpacked, all of it"],
  [hashOf(Buffer.concat(members)), "left as it is"],
]);

/** Makes a dataset of three small files, and reads back what Kaggle made of it. `version`: where it is ready. */
export async function examineDataset(contact: Contact): Promise<{ findings: Finding[]; version?: number }> {
  const { kaggle, name, onWait } = contact;
  const ref = { owner: kaggle.owner, slug: name };
  let version: number | undefined;
  const made = await tryOut("dataset", async () => {
    onWait("Uploading three small files");
    const send = (path: string) => kaggle.blobs.upload(sourceOf(path));
    const [shard, marker, packed] = await Promise.all(Object.keys(uploads).map(send));
    const files = [marker as string, packed as string];
    const described = {
      ...ref,
      title: name,
      licence: "CC0-1.0",
      keepVersions: true,
      files,
      folders: { shards: [shard as string] },
    };
    await kaggle.datasets.publish(described, "First contact");
    const ready = await until(contact, "the dataset", async () => {
      const status = await kaggle.datasets.status(ref);
      if (status === "FAILED") throw new Error("Kaggle could not process the dataset: its page there says why.");
      return status === "READY" ? status : undefined;
    });
    return { state: "ok", found: `ready after ${ready.seconds} s` };
  });
  if (made.state !== "ok") return { findings: [made] };
  const shown = await tryOut("dataset's version", async () => {
    const found = await until(contact, "its version", () =>
      kaggle.datasets.currentVersion(ref).catch(undefinedIfHidden),
    );
    version = found.value;
    return { state: "ok", found: `${version}, shown ${found.seconds} s after READY` };
  });
  const listed = await examineFiles(contact);
  return { findings: [made, shown, ...listed], ...(version !== undefined && { version }) };
}

async function examineFiles({ kaggle, name }: Contact): Promise<Finding[]> {
  try {
    const files = await kaggle.datasets.listFiles({ owner: kaggle.owner, slug: name });
    const found = files.map(({ name: path, totalBytes }) => `${path} (${totalBytes})`).join(", ");
    const check = "its files as listed";
    const names = files.map(({ name: path }) => path);
    if (names.includes("shards/photograph.npy")) return [holds(check, found)];
    return [differs(check, found, "folders are kept, and listed with their files' paths")];
  } catch (error) {
    return [await tryOut("its files as listed", () => Promise.reject(error))];
  }
}

/** Kaggle does not show yet what it says is ready. */
function undefinedIfHidden(error: unknown): undefined {
  if (isAbsent(error) || error instanceof TransientError) return undefined;
  throw error;
}

function sourceOf(path: string): BlobSource {
  const content = uploads[path as keyof typeof uploads];
  const open = async (from: number) => Readable.from([content.subarray(from)]);
  return { name: path.slice(path.lastIndexOf("/") + 1), size: content.length, modified: new Date(), open };
}
