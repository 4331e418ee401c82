import { fork } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { imageSize } from "../../../core/contracts/dataset.ts";
import { FolderStore } from "../../../core/folder-store.ts";
import { decodeImage } from "../../../core/image.ts";
import { writeOnnxFlavour } from "../../../core/mlflow/flavour.ts";
import { readModelFolder } from "../../../core/model/folder.ts";
import { peersVenv, pythonBin, root, venv } from "../../setup/paths.ts";
import { type Body, formBodies, httpTarget } from "./http-target.ts";
import type { Load } from "./load.ts";
import type { TargetName } from "./names.ts";
import type { BenchmarkTarget } from "./target.ts";

export interface Material {
  /** Has `model.onnx`, `avocado-model.json` and, for Keras, `model.keras`. */
  network: string;
  photographs: readonly Buffer[];
  /** The same photographs as files. */
  photographFolder: string;
  /** For logs and what is made on the way. */
  work: string;
}

const predictionOf = (answer: unknown) =>
  (answer as { prediction: { estimated_days: number }[] }).prediction[0]?.estimated_days as number;

/** How each is made ready to start. */
export const targets: Record<TargetName, (material: Material) => Promise<BenchmarkTarget>> = {
  api: (material) => thisApi(material, "this API (npm run serve)", "npm", ["run", "--silent", "serve", "--"]),

  /** As a container or a service manager starts it. */
  node: (material) => thisApi(material, "this API without npm", process.execPath, ["cli/main.ts", "serve"]),

  keras: async ({ network, photographs, work }) =>
    httpTarget({
      name: "FastAPI, Keras and Pillow",
      given: "the photograph in a form",
      logFile: join(work, "keras.log"),
      path: "/predict",
      bodies: await formBodies(photographs),
      program: (port) => ({
        command: join(peersVenv, "bin/uvicorn"),
        args: ["keras_service:app", "--port", String(port), "--no-access-log"],
        env: { NETWORK: join(network, "model.keras") },
        cwd: join(root, "test/bench/peers"),
      }),
      read: predictionOf,
    }),

  mlflow: async ({ network, photographs, work }) => {
    const flavour = join(work, "flavour");
    await writeOnnxFlavour(new FolderStore(flavour), "", {
      ...(await readModelFolder(network)),
      runId: "0".repeat(32),
    });
    return httpTarget({
      name: "MLflow's server",
      given: "pixels as JSON, since it takes no photographs: decoding and resizing are not in its figures",
      logFile: join(work, "mlflow.log"),
      path: "/invocations",
      bodies: await Promise.all(photographs.map(pixelBody)),
      program: (port) => ({
        command: pythonBin("mlflow"),
        args: ["models", "serve", "-m", flavour, "--env-manager", "local", "--port", String(port)],
        env: {
          // MLflow starts uvicorn by its name.
          PATH: `${join(venv, "bin")}${delimiter}${process.env.PATH}`,
          MLFLOW_DISABLE_TELEMETRY: "true",
          ORT_DISABLE_TELEMETRY: "1",
        },
        cwd: work,
      }),
      read: (answer) => (answer as { predictions: { days: number[][] } }).predictions.days[0]?.[0] as number,
    });
  },

  "lower-bound": async ({ network, photographFolder }) => ({
    name: "sharp and ONNX Runtime",
    given: "the photograph in memory, without HTTP",
    async start() {
      // Detached as the servers are: Linux shares its cores among sessions first.
      const child = fork(join(import.meta.dirname, "lower-bound.ts"), [network, photographFolder], { detached: true });
      const ended = once(child, "exit");
      const next = async () => (await Promise.race([once(child, "message"), ended.then(endedEarly)]))[0];
      const days = (await next()) as number;
      return {
        pid: child.pid as number,
        days,
        async measure(concurrency: number, seconds: number) {
          child.send({ concurrency, seconds });
          return (await next()) as Load;
        },
        stop() {
          child.kill();
          return ended;
        },
      };
    },
  }),
};

async function thisApi({ network, photographs, work }: Material, name: string, command: string, args: string[]) {
  return httpTarget({
    ...{ name, logFile: join(work, "api.log"), path: "/predict", read: predictionOf },
    given: "the photograph in a form",
    bodies: await formBodies(photographs),
    program: (port) => ({
      command,
      args: [...args, "--model", network, "--port", String(port)],
      env: {},
      cwd: root,
    }),
  });
}

/** A photograph's pixels as MLflow's JSON protocol takes tensors. */
async function pixelBody(photograph: Buffer): Promise<Body> {
  const pixels = Array.from(await decodeImage(photograph));
  const image = [split(split(pixels, 3), imageSize)];
  return {
    type: "application/json",
    bytes: Buffer.from(JSON.stringify({ inputs: { image, condition: [[0, 1, 0]] } })),
  };
}

function split<T>(values: readonly T[], length: number): T[][] {
  return Array.from({ length: values.length / length }, (_, i) => values.slice(i * length, (i + 1) * length));
}

function endedEarly(): never {
  throw new Error("The loop of sharp and ONNX Runtime ended; see above.");
}
