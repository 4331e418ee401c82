import { Listr } from "listr2";
import { fuzzer, installRequirements, makeVenv, notebooks, peers, pythonIsReady, scanner, servers } from "./python.ts";
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

const tasks = new Listr(
  [
    { title: "Python environment", enabled: python || tensorflow, task: () => makeVenv(servers) },
    {
      title: "MLflow and MiniStack (about a minute)",
      enabled: python,
      task: (_, task) => installRequirements(servers, show(task)),
    },
    {
      title: "libtensorflow (210 MB, once for all checkouts)",
      enabled: tensorflow,
      task: (_, task) => fetchLibtensorflow(show(task)),
    },
    { title: "TensorFlow binding for Node", enabled: tensorflow, task: (_, task) => buildBinding(show(task)) },
    { title: "Python environment for the local Kaggle", enabled: kaggle, task: () => makeVenv(notebooks) },
    {
      title: "TensorFlow for Python, papermill and Kaggle's command line (2 GB, about 3 minutes)",
      enabled: kaggle,
      task: (_, task) => installRequirements(notebooks, show(task)),
    },
    { title: "Python environment for the fuzz tests", enabled: fuzz, task: () => makeVenv(fuzzer) },
    {
      title: "Schemathesis (90 MB, about 20 s)",
      enabled: fuzz,
      task: (_, task) => installRequirements(fuzzer, show(task)),
    },
    { title: "Python environment of checkov", enabled: checkov, task: () => makeVenv(scanner) },
    {
      title: "checkov (290 MB, about a minute)",
      enabled: checkov,
      task: (_, task) => installRequirements(scanner, show(task)),
    },
    { title: "Python environment of the API's peers", enabled: measuredPeers, task: () => makeVenv(peers) },
    {
      title: "TensorFlow for Python, FastAPI and Pillow (2 GB, about 3 minutes)",
      enabled: measuredPeers,
      task: (_, task) => installRequirements(peers, show(task)),
    },
  ],
  { rendererOptions: { collapseErrors: false } },
);

try {
  await tasks.run();
} catch (error) {
  if (!(error instanceof SetupError)) console.error(error);
  process.exitCode = 1;
}
