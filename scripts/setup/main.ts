import { Listr, type ListrTask } from "listr2";
import {
  fuzzer,
  installRequirements,
  makeVenv,
  notebooks,
  type PythonEnvironment,
  peers,
  pythonIsReady,
  scanner,
  servers,
} from "./python.ts";
import { SetupError } from "./run.ts";
import { buildBinding, fetchLibtensorflow, tensorflowIsReady } from "./tensorflow.ts";

/** Sets up what the named needs (`python`, `tensorflow`, `kaggle`, `fuzz`, `checkov`, `peers`) lack; silent when nothing is missing. */
const needs = process.argv.slice(2);
const python = needs.includes("python") && !pythonIsReady(servers);
const tensorflow = needs.includes("tensorflow") && !tensorflowIsReady();
const kaggle = needs.includes("kaggle") && !pythonIsReady(notebooks);
const fuzz = needs.includes("fuzz") && !pythonIsReady(fuzzer);
const checkov = needs.includes("checkov") && !pythonIsReady(scanner);
const measuredPeers = needs.includes("peers") && !pythonIsReady(peers);

type Task = { output: string };
/** The latest line of what runs, on a terminal; a log is kept in any case. */
const show = (task: Task) => (line: string) => {
  if (process.stdout.isTTY) task.output = line.slice(0, 120);
};

/** A Python environment and all that belongs into it. */
const environmentTask = (title: string, enabled: boolean, environment: PythonEnvironment): ListrTask => ({
  title,
  enabled,
  async task(_, task) {
    await makeVenv(environment);
    await installRequirements(environment, show(task));
  },
});

const packages: ListrTask[] = [
  environmentTask("MLflow and MiniStack (about a minute)", python, servers),
  {
    title: "TensorFlow for Node (210 MB, once for all checkouts)",
    enabled: tensorflow,
    async task(_, task) {
      await fetchLibtensorflow(show(task));
      await buildBinding(show(task));
    },
  },
  environmentTask(
    "TensorFlow for Python, papermill and Kaggle's command line (2 GB, about 3 minutes)",
    kaggle,
    notebooks,
  ),
  environmentTask("Schemathesis (90 MB, about 20 s)", fuzz, fuzzer),
  environmentTask("checkov (290 MB, about a minute)", checkov, scanner),
  environmentTask("TensorFlow for Python, FastAPI and Pillow (2 GB, about 3 minutes)", measuredPeers, peers),
];

const tasks = new Listr(
  [
    // TensorFlow for Node is fetched and built with its help.
    { title: "Python environment", enabled: python || tensorflow, task: () => makeVenv(servers) },
    // Each waits for the network and unpacks by turns.
    { title: "Packages", task: (_, task) => task.newListr(packages, { concurrent: 2 }) },
  ],
  { rendererOptions: { collapseErrors: false } },
);

try {
  if (packages.some(({ enabled }) => enabled)) await tasks.run();
} catch (error) {
  if (!(error instanceof SetupError)) console.error(error);
  process.exitCode = 1;
}
