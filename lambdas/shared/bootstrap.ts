import { modelSidecar } from "../../core/contracts/model.ts";
import type { ModelFolder } from "../../core/model/folder.ts";
import sidecar from "../../models/bootstrap/avocado-model.json" with { type: "json" };
import onnx from "../../models/bootstrap/model.onnx";

/** The model that ships with the project, inside the bundle of each Lambda that imports it. */
export const bootstrapModel: ModelFolder = { onnx, sidecar: modelSidecar.parse(sidecar) };
