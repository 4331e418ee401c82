import { setTimeout as wait } from "node:timers/promises";
import { servingKeys } from "../core/contracts/model.ts";
import { errorMessage } from "../core/errors.ts";
import type { ModelFolder } from "../core/model/folder.ts";
import type { ObjectStore } from "../core/storage.ts";
import {
  type LoadedModel,
  type LoadOptions,
  loadBootstrap,
  loadChampion,
  readManifest,
  servedModel,
} from "./load-champion.ts";
import { ModelUses } from "./model-uses.ts";
import type { Log } from "./observer.ts";
import { ProblemError } from "./problem.ts";

export interface HolderOptions extends LoadOptions {
  now?: () => number;
  /** Milliseconds after which an answer asks first whether there is another champion. */
  checkAfter?: number;
  /** Milliseconds that an answer waits for that at most. */
  waitAtMost?: number;
  /** Answers until the first promotion. Without it nothing does. */
  bootstrap?: ModelFolder;
  /** Told when a published champion could not be loaded. */
  modelReloadFailed?: () => void;
}

/**
 * Holds the champion in memory. A Lambda is frozen between requests, so nothing looks for a new one in the background:
 * the requests do, and go on with the model at hand when looking or loading takes long or fails.
 */
export class ModelHolder {
  private readonly store: ObjectStore;
  private readonly logger: Log;
  private readonly options: HolderOptions & Required<Pick<HolderOptions, "now" | "checkAfter" | "waitAtMost">>;
  private readonly uses = new ModelUses();
  private loaded: LoadedModel | undefined;
  private etag = "";
  private checkedAt = Number.NEGATIVE_INFINITY;
  private checking: Promise<LoadedModel> | undefined;

  constructor(store: ObjectStore, logger: Log, options: HolderOptions = {}) {
    this.store = store;
    this.logger = logger;
    this.options = { now: Date.now, checkAfter: 30_000, waitAtMost: 300, ...options };
  }

  /**
   * Runs with the champion, and keeps that model to the end even when another one is loaded meanwhile.
   * @throws ProblemError 503 when there is none
   */
  async use<T>(run: (loaded: LoadedModel) => Promise<T>): Promise<T> {
    const found = await this.current();
    // What was found may have been replaced, and freed, before this went on.
    const loaded = this.loaded ?? found;
    return this.uses.during(loaded.model, () => run(loaded));
  }

  /** The champion as it is now; `use` it to answer. @throws ProblemError 503 when there is none */
  async current(): Promise<LoadedModel> {
    const held = this.loaded;
    if (!held) return this.check().catch((error) => this.reject(error));
    if (this.options.now() - this.checkedAt < this.options.checkAfter) return held;
    const checked = this.check().catch((error) => {
      this.logger.error("the champion could not be loaded; the last one goes on serving", { error });
      this.options.modelReloadFailed?.();
      return this.loaded ?? held;
    });
    return Promise.race([checked, wait(this.options.waitAtMost, held, { ref: false })]);
  }

  /**
   * Publishes the champion again, where there is a way to, and takes it up at once.
   * @throws ProblemError 502 with the reason when that fails, 503 when there is none
   */
  async reload(republish?: () => Promise<unknown>): Promise<LoadedModel> {
    try {
      await republish?.();
      // A look that began earlier may have missed what was published since.
      await this.checking?.catch(() => undefined);
      return await this.check();
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      const serving = this.loaded ? ` Version ${this.loaded.served.version} goes on serving.` : "";
      const detail = `The champion cannot be loaded: ${errorMessage(error)}.${serving}`;
      throw new ProblemError(502, "ModelRejected", detail, { cause: error });
    }
  }

  private reject(error: unknown): never {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError(503, "ModelUnavailable", "The model cannot be loaded at the moment.", { cause: error });
  }

  /** However many ask at once, one looks. */
  private check(): Promise<LoadedModel> {
    this.checking ??= this.loadPublished().finally(() => {
      this.checkedAt = this.options.now();
      this.checking = undefined;
    });
    return this.checking;
  }

  private async loadPublished(): Promise<LoadedModel> {
    const found = await this.store.head(servingKeys.manifest);
    if (!found) {
      if (this.loaded) return this.loaded;
      return this.startWithBootstrap();
    }
    if (this.loaded && found.etag === this.etag) return this.loaded;
    const manifest = await readManifest(this.store);
    if (this.loaded?.served.sha256 === manifest.sha256) {
      this.loaded = { ...this.loaded, served: servedModel(manifest), source: manifest.key };
    } else {
      const replaced = this.loaded;
      this.loaded = await loadChampion(this.store, manifest, this.options);
      if (replaced) await this.uses.replace(replaced.model);
      this.logger.info("serving another model", { ...this.loaded.served });
    }
    this.etag = found.etag;
    return this.loaded;
  }

  private async startWithBootstrap(): Promise<LoadedModel> {
    const { bootstrap } = this.options;
    if (!bootstrap) {
      throw new ProblemError(503, "NoModel", "No model has been promoted yet. Run the retraining pipeline first.");
    }
    this.loaded = await loadBootstrap(bootstrap, this.options);
    this.logger.info("no model has been promoted yet: serving the bootstrap model", { ...this.loaded.served });
    return this.loaded;
  }
}
