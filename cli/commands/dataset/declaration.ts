import { join } from "node:path";
import { localFolder } from "../../../scripts/setup/paths.ts";
import { declare } from "../../terminal/declare.ts";
import { stage, wholeNumber } from "../../terminal/options.ts";
import { withProgress } from "../../terminal/run.ts";
import { published } from "./published.ts";

const publishedFolder = join(localFolder, published.source);

export const command = declare("dataset").description("Makes, downloads and uploads datasets.");

command
  .command("sample")
  .description("Renders a synthetic dataset.")
  .requiredOption("--out <folder>", "where it goes")
  .option("--fruits <n>", "how many avocados", wholeNumber(1), 40)
  .option("--seed <n>", "another seed gives other avocados", wholeNumber(0), 1)
  .action((options) =>
    withProgress(async (progress) => (await import("./sample.ts")).sampleCommand(options, progress)),
  );

command
  .command("download")
  .description(`Downloads the published photos (DOI ${published.doi}, 400 MB). An interrupted download is resumed.`)
  .option("--out <folder>", "where the dataset goes", publishedFolder)
  .option("--zip <file>", "the published zip, downloaded by hand")
  .option("--spreadsheet <file>", "with --zip: the spreadsheet, where it is not in the zip")
  .option("--repository <url>", "the server that has it", "https://data.mendeley.com")
  .action((options, download) => {
    if (options.spreadsheet && !options.zip) download.error("error: --spreadsheet goes with --zip.");
    return withProgress(async (progress) => (await import("./download.ts")).downloadCommand(options, progress));
  });

command
  .command("upload")
  .description("Uploads a dataset to the raw bucket of a stage, unless it is already there.")
  .addOption(stage("which stage; 'local' is the stack that 'npm start' runs"))
  .option("--data <path>", "a folder or zip", publishedFolder)
  .action((options) =>
    withProgress(async (progress) => (await import("./upload.ts")).uploadCommand(options, progress)),
  );
