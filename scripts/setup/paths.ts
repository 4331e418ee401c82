import { homedir } from "node:os";
import { join } from "node:path";

/** The checkout. */
export const root = join(import.meta.dirname, "..", "..");
/** Everything that the project makes on a laptop, in one ignored folder. */
export const localFolder = join(root, ".local");
/** The Python environment with MLflow and MiniStack. */
export const venv = join(localFolder, "venv");
/** The Python environment in which the local Kaggle runs notebooks. */
export const kaggleVenv = join(localFolder, "kaggle-venv");
/** The Python environment of the tests that ask the API at random. */
export const fuzzVenv = join(localFolder, "fuzz-venv");
/** The Python environment of checkov, which scans templates. */
export const checkovVenv = join(localFolder, "checkov-venv");
/** The Python environment of what `npm run bench -- serving` compares with the API. */
export const peersVenv = join(localFolder, "peers-venv");
/** Large downloads, shared by all checkouts. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "avocado-ripening");
/** The pretrained network that training starts from, once it was fetched. */
export const backboneFolder = join(cacheFolder, "backbones", "mobilenet_v1_1.0_224");

/** The model that ships with the project, trained on real photographs; its `avocado-model.json` says how, and how good it is. */
export const bootstrapModel = join(root, "models/bootstrap");

/** A program of the Python environment. */
export const pythonBin = (name: string): string => join(venv, "bin", name);
