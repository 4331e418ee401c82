import { join } from "node:path";
import { localFolder } from "../../../scripts/setup/paths.ts";
import { readArguments, runCommand, usageError } from "../../terminal/command.ts";
import type { Progress } from "../../terminal/progress.ts";
import { downloadCommand } from "./download.ts";
import { published } from "./published-dataset.ts";
import { sampleCommand } from "./sample.ts";
import { uploadCommand } from "./upload.ts";

const publishedFolder = join(localFolder, published.source);
const usage = `npm run dataset -- sample --out <folder> [--fruits 40] [--seed 1]
  renders a synthetic dataset

npm run dataset -- download [--out <folder>] [--zip <file> [--spreadsheet <file>]] [--repository <address>]
  fetches the published photographs (DOI ${published.doi}, 400 MB); an interrupted download is resumed
  --out          default: ${publishedFolder}
  --zip          the published zip, fetched by hand; --spreadsheet where that is not in it
  --repository   default: https://data.mendeley.com

npm run dataset -- upload --stage <stage> [--data <folder or zip>]
  puts a dataset into the raw bucket of a stage; stage 'local' is the stack that 'npm start' runs
  --data         default: ${publishedFolder}`;

const string = { type: "string" } as const;
const options = {
  sample: { out: string, fruits: { ...string, default: "40" }, seed: { ...string, default: "1" } },
  download: {
    out: { ...string, default: publishedFolder },
    zip: string,
    spreadsheet: string,
    repository: { ...string, default: "https://data.mendeley.com" },
  },
  upload: { stage: string, data: { ...string, default: publishedFolder } },
} as const;

/** `npm run dataset`. */
async function dataset(progress: Progress): Promise<void> {
  const [command, ...args] = process.argv.slice(2);
  if (command === "sample") {
    const { values } = readArguments({ args, options: options.sample }, usage);
    if (!values.out) throw usageError("--out is needed.", usage);
    await sampleCommand({ fruits: Number(values.fruits), seed: Number(values.seed), out: values.out }, progress);
  } else if (command === "download") {
    const { values } = readArguments({ args, options: options.download }, usage);
    if (values.spreadsheet && !values.zip) throw usageError("--spreadsheet goes with --zip.", usage);
    await downloadCommand(values, progress);
  } else if (command === "upload") {
    const { values } = readArguments({ args, options: options.upload }, usage);
    if (!values.stage) throw usageError("--stage is needed.", usage);
    await uploadCommand({ stage: values.stage, data: values.data }, progress);
  } else {
    throw usageError(command ? `There is no '${command}'.` : "What is to be done?", usage);
  }
}

await runCommand(usage, dataset);
