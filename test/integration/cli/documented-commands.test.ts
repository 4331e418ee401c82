import { expect, it } from "vitest";
import { localAws } from "../../../local/ministack.ts";
import { runNpm } from "../../support/npm.ts";
import { commandsOf } from "../../support/runbook.ts";

/** An account that nobody answers for: what is wrong with a command line is said before that is noticed. */
const nowhere = { ...localAws("http://127.0.0.1:9"), AWS_MAX_ATTEMPTS: "1" };
const documents = ["runbook.md", "operations.md", "first-deployment.md"];
const commands = documents.flatMap((document) => commandsOf(document, "dev"));
const ofStages = commands.filter((command) => command.startsWith("npm run ") && command.includes("--stage"));

it.each([...new Set(ofStages)])("takes the documented '%s'", async (command) => {
  const { code, text } = await runNpm(command.replaceAll(/<[^>]*>/g, "something"), nowhere);
  // The help, which answers a wrong command line, begins so.
  expect(text).not.toMatch(/^Usage: /m);
  expect(code).not.toBe(2);
});
