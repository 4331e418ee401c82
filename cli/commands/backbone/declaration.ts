import { backboneFolder } from "../../../scripts/setup/paths.ts";
import { declare } from "../../terminal/declare.ts";
import { stage } from "../../terminal/options.ts";
import { withProgress } from "../../terminal/run.ts";
import { mobilenet } from "./mobilenet.ts";

export const command = declare("backbone").description("Downloads and uploads the pretrained MobileNet.");

command
  .command("download")
  .description(
    `Downloads the published MobileNet (8.6 MB of its weights are kept), checks it, and cuts it after ${mobilenet.layer}.`,
  )
  .option("--out <folder>", "where it goes", backboneFolder)
  .option("--url <url>", "folder with its model.json", mobilenet.url)
  .action((options) => withProgress(async (progress) => (await import("./command.ts")).download(options, progress)));

command
  .command("upload")
  .description("Uploads it to the data bucket of a stage, where the stage's trainer may read it.")
  .addOption(stage("which stage; 'local' is the stack that 'npm start' runs"))
  .option("--from <folder>", "where it is", backboneFolder)
  .action((options) => withProgress(async (progress) => (await import("./command.ts")).upload(options, progress)));
