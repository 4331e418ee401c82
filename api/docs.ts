import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Answer } from "./answer.ts";
import { ProblemError } from "./problem.ts";

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Avocado ripening: API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const start = 'SwaggerUIBundle({ url: "openapi.json", dom_id: "#page", deepLinking: false });\n';

/** Nothing comes from elsewhere, and nothing of the page is sent there. */
const contentPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'";

const types: Record<string, string> = { "swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript" };

/** The page of `GET /docs`. */
export function docsPage(): Answer {
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": contentPolicy };
  return { status: 200, headers, body: page };
}

/** A file that the page is made of. @throws ProblemError 404 */
export async function docsFile(name: string): Promise<Answer> {
  if (name === "start.js") return answer("text/javascript", start);
  const type = Object.hasOwn(types, name) ? types[name] : undefined;
  if (!type) throw new ProblemError(404, "NotFound", "The documentation has no such file.");
  // From the working folder: next to the bundle in Lambda, in the checkout otherwise.
  const file = createRequire(join(process.cwd(), "index.js")).resolve(`swagger-ui-dist/${name}`);
  return answer(type, await readFile(file, "utf8"));
}

function answer(type: string, body: string): Answer {
  const headers = { "content-type": `${type}; charset=utf-8`, "cache-control": "public, max-age=86400" };
  return { status: 200, headers, body };
}
