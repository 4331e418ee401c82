#!/usr/bin/env node
// `npx avocado`, and what `npm run <command>` runs. Like scripts/bootstrap.mjs it runs on Node 20 with nothing installed.
// @ts-check
import process from "node:process";

process.argv.splice(2, 0, "none", "cli/main.ts");
await import("../scripts/bootstrap.mjs");
