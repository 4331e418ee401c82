import { Option } from "@commander-js/extra-typings";
import { declare } from "../../terminal/declare.ts";
import { collect, wholeNumber } from "../../terminal/options.ts";

export const command = declare("serve")
  .description("Serves the API on a plain HTTP server.")
  .option(
    "--model <folder>",
    "a model: model.onnx and avocado-model.json (default: the one that ships with the project)",
  )
  .option("--port <n>", "port; 0 takes a free one", wholeNumber(0, 65_535), 8080)
  .option("--host <address>", "address", "127.0.0.1")
  .option("--workers <n>", "processes that share the port", wholeNumber(1, 64), 1)
  .addOption(
    new Option("--cors-origin <url>", "a web page that may call, or * for all. Repeatable.")
      .argParser(collect)
      .default([] as string[], "none"),
  )
  .option("--watch", "restart when the code changes")
  .addHelpText("after", "\nRELOAD_TOKEN in the environment adds POST /reload-model, which reads the folder again.")
  .action(async (options) => (await import("./command.ts")).serve(options));
