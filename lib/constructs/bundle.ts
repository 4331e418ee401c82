import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import type { NativePackage } from "../../layers/build.ts";
import { nativePackages } from "../../layers/build.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The code of one Lambda, ready to be zipped, and the native packages that it loads from outside. */
export interface HandlerBundle {
  folder: string;
  nativePackages: readonly NativePackage[];
}

let bundles: ReadonlyMap<string, HandlerBundle> | undefined;

/**
 * Bundle of `lambdas/<name>/handler.ts`. All Lambdas are bundled by one esbuild call, the first time one is asked for: one
 * process a Lambda takes ten times as long.
 * @throws Error when there is no such Lambda
 */
export function bundleOf(name: string): HandlerBundle {
  bundles ??= bundleHandlers();
  const bundle = bundles.get(name);
  if (!bundle) throw new Error(`There is no lambdas/${name}/handler.ts`);
  return bundle;
}

function bundleHandlers(): ReadonlyMap<string, HandlerBundle> {
  const names = readdirSync(join(root, "lambdas")).filter((name) =>
    readdirSync(join(root, "lambdas", name)).includes("handler.ts"),
  );
  const outdir = mkdtempSync(join(tmpdir(), "avocado-bundles-"));
  process.on("exit", () => rmSync(outdir, { recursive: true, force: true }));
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, `lambdas/${name}/handler.ts`])),
    outdir,
    bundle: true,
    platform: "node",
    target: "node24",
    // Not a module: MiniStack's Lambdas find the native packages through NODE_PATH, which `import` does not know.
    format: "cjs",
    loader: { ".ipynb": "text", ".onnx": "binary" },
    external: [...nativePackages],
    metafile: true,
    logLevel: "warning",
  });
  const found = new Map<string, HandlerBundle>();
  for (const [file, { imports }] of Object.entries(metafile.outputs)) {
    const folder = dirname(join(root, file));
    const loaded = new Set(imports.filter(({ external }) => external).map(({ path }) => path));
    found.set(relative(outdir, folder), { folder, nativePackages: nativePackages.filter((name) => loaded.has(name)) });
  }
  return found;
}
