import { z } from "zod";
import { errorMessage } from "../../../core/errors.ts";
import { fetchJson } from "../../../core/http/request.ts";
import { DownloadError } from "../../download/download-file.ts";
import { published } from "./published.ts";

/** A file of the published dataset, as the repository that keeps it describes it. */
export interface PublishedFile {
  name: string;
  url: string;
  size: number;
  sha256: string;
}

const files = z
  .array(
    z.looseObject({
      filename: z.string().regex(/^[^/\\]+$/),
      content_details: z.looseObject({
        size: z.int().positive(),
        sha256_hash: z
          .string()
          .regex(/^[0-9a-f]{64}$/i)
          .toLowerCase(),
        download_url: z.url({ protocol: /^https?$/ }),
      }),
    }),
  )
  .min(1);

const byHand =
  `Download it by hand from https://doi.org/${published.doi} and give the zip with --zip ` +
  "(and the spreadsheet, where it is a file of its own, with --spreadsheet).";

/**
 * Asks the repository for the files of the published dataset.
 * @param repository address of the repository's server
 * @throws DownloadError saying what came instead
 */
export async function listPublishedFiles(repository: string): Promise<PublishedFile[]> {
  const [, id, version] = /^10\.17632\/(\w+)\.(\d+)$/.exec(published.doi) ?? [];
  const url = `${repository}/public-api/datasets/${id}/files?folder_id=root&version=${version}`;
  const answer = await fetchJson(url, { headers: { accept: "application/json" }, timeout: 60_000 }).catch((cause) => {
    throw new DownloadError(`The data repository cannot be asked: ${errorMessage(cause)}. ${byHand}`, { cause });
  });
  const parsed = files.safeParse(answer);
  if (!parsed.success) {
    throw new DownloadError(
      `${url} does not describe files as expected:\n${z.prettifyError(parsed.error)}\nThe repository may have changed. ${byHand}`,
    );
  }
  const found = parsed.data.map(({ filename, content_details: { size, sha256_hash, download_url } }) => {
    return { name: filename, url: download_url, size, sha256: sha256_hash };
  });
  const useful = found.filter(({ name }) => /\.(zip|xlsx|csv)$/i.test(name));
  if (!useful.some(({ name }) => /\.zip$/i.test(name))) {
    throw new DownloadError(
      `${url} lists no zip with photographs, but: ${found.map(({ name }) => name).join(", ")}. ${byHand}`,
    );
  }
  return useful;
}
