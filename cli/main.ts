import { createProgram } from "./program.ts";
import { run } from "./terminal/run.ts";

const args = process.argv.slice(2);
await run(await createProgram(args), args);
