import type { ObjectStore } from "../core/storage.ts";
import { Decoder } from "./decoder.ts";
import type { FetchImage } from "./fetch-error.ts";
import type { LoadOptions } from "./load-champion.ts";
import { type HolderOptions, ModelHolder } from "./model-holder.ts";
import type { Log, Observer } from "./observer.ts";
import type { Uploads } from "./uploads.ts";

/** What the API works with. */
export interface ApiDependencies {
  /** Holds the published champion. */
  store: ObjectStore;
  /** Publishes the champion again, as a reload asks. */
  republish?: () => Promise<unknown>;
  /** Without it photographs are sent in the request. */
  uploads?: Uploads;
  /** Reads a photograph from its address (default: from the public internet alone). */
  fetchImage?: FetchImage;
  /** The version of the code, for `GET /health` (default: `development`). */
  revision?: string;
  model?: HolderOptions & LoadOptions;
}

/** The same, with what the API keeps from request to request. */
export interface OpenedDependencies extends ApiDependencies {
  holder: ModelHolder;
  decoder: Decoder;
  fetchImage: FetchImage;
}

/** Opens the dependencies when they are first asked for, and again for as long as that fails. */
export function openOnce(open: () => ApiDependencies, log: Log, observer: Observer): () => OpenedDependencies {
  let opened: OpenedDependencies | undefined;
  return () => {
    opened ??= complete(open(), log, observer);
    return opened;
  };
}

function complete(dependencies: ApiDependencies, log: Log, observer: Observer): OpenedDependencies {
  const { store, model } = dependencies;
  const modelReloadFailed = () => observer.modelReloadFailed?.();
  return {
    fetchImage: fetchLazily,
    ...dependencies,
    holder: new ModelHolder(store, log, { ...model, modelReloadFailed }),
    decoder: new Decoder(model?.threads),
  };
}

let fetcher: Promise<FetchImage> | undefined;

/** The fetcher's code is loaded by the first address, not before the first answer. */
const fetchLazily: FetchImage = async (url, stop) => {
  fetcher ??= import("./fetch-image.ts").then(({ createImageFetcher }) => createImageFetcher());
  return (await fetcher)(url, stop);
};
