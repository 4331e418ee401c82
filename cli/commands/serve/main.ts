import { run } from "../../terminal/run.ts";
import { command } from "./declaration.ts";

/** `avocado serve` as a program of its own, which the image `serve` bundles. */
await run(command, process.argv.slice(2));
