import { z } from "zod";
import { equals } from "./filter.ts";
import { isErrorCode, type MlflowHttp } from "./http.ts";

const tags = z
  .array(z.object({ key: z.string(), value: z.string() }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])));
const modelVersion = z
  .object({
    name: z.string(),
    version: z.string(),
    run_id: z.string().default(""),
    source: z.string().default(""),
    status: z.string().default("READY"),
    creation_timestamp: z.number().default(0),
    tags,
  })
  .transform(({ run_id, creation_timestamp, ...rest }) => ({
    ...rest,
    runId: run_id,
    /** Milliseconds since 1970. */
    createdAt: creation_timestamp,
  }));
/** A version of a registered model. `source`: address of its files, here always an S3 folder. */
export type ModelVersion = z.infer<typeof modelVersion>;

/** What a new version is made of. */
export interface NewModelVersion {
  name: string;
  /** `s3://` address of the folder with the flavour. */
  source: string;
  runId: string;
  description?: string;
  tags?: Record<string, string>;
}

const answeredVersion = z.object({ model_version: modelVersion });
const searched = z.object({
  model_versions: z.array(modelVersion).default([]),
  next_page_token: z.string().optional(),
});
const answeredModel = z.object({ registered_model: z.object({ name: z.string(), tags }) });
const nothing = z.unknown();

/** Registered models of an MLflow server, their versions and aliases. */
export class Registry {
  private readonly http: MlflowHttp;

  constructor(http: MlflowHttp) {
    this.http = http;
  }

  /** Makes sure that the registered model exists. */
  async ensureModel(name: string, description = ""): Promise<void> {
    try {
      await this.http.call("POST", "registered-models/create", { name, description }, nothing);
    } catch (error) {
      if (!isErrorCode(error, "RESOURCE_ALREADY_EXISTS")) throw error;
    }
  }

  /** The registered model, or undefined where there is none. */
  async getModel(name: string): Promise<{ name: string; tags: Record<string, string> } | undefined> {
    try {
      return (await this.http.get("registered-models/get", { name }, answeredModel)).registered_model;
    } catch (error) {
      if (isErrorCode(error, "RESOURCE_DOES_NOT_EXIST")) return undefined;
      throw error;
    }
  }

  async setModelTag(name: string, key: string, value: string): Promise<void> {
    await this.http.call("POST", "registered-models/set-tag", { name, key, value }, nothing);
  }

  /**
   * The version of the run with this source, created where there is none. The registered model must exist. A slow server may
   * carry out a call that was given up and called again: of two versions the first stays.
   */
  async ensureVersion({
    name,
    source,
    runId,
    description = "",
    tags: given = {},
  }: NewModelVersion): Promise<ModelVersion> {
    const find = async () => (await this.versionsOfRun(name, runId)).findLast((version) => version.source === source);
    const found = await find();
    if (found) return found;
    const list = Object.entries(given).map(([key, value]) => ({ key, value }));
    const body = { name, source, run_id: runId, description, tags: list };
    const made = await this.http.create("model-versions/create", body, answeredVersion, async () => {
      const version = await find();
      return version && { model_version: version };
    });
    const version = made.model_version;
    const first = (await find()) ?? version;
    if (first.version !== version.version) {
      await this.http.call("DELETE", "model-versions/delete", { name, version: version.version }, nothing);
    }
    return first;
  }

  /** The version, or undefined where there is none. */
  getVersion(name: string, version: string): Promise<ModelVersion | undefined> {
    return this.unlessMissing("RESOURCE_DOES_NOT_EXIST", "model-versions/get", { name, version });
  }

  /** All versions of a model, the newest first. */
  listVersions(name: string): Promise<ModelVersion[]> {
    return this.search(equals("name", name));
  }

  /** Versions that a run has registered, the newest first. */
  versionsOfRun(name: string, runId: string): Promise<ModelVersion[]> {
    return this.search(`${equals("name", name)} and ${equals("run_id", runId)}`);
  }

  private async search(filter: string): Promise<ModelVersion[]> {
    const versions: ModelVersion[] = [];
    let token: string | undefined;
    do {
      const query = {
        filter,
        max_results: "1000",
        ...(token && { page_token: token }),
      };
      const page = await this.http.get("model-versions/search", query, searched);
      versions.push(...page.model_versions);
      token = page.next_page_token;
    } while (token);
    return versions.sort((a, b) => Number(b.version) - Number(a.version));
  }

  async setVersionTag(name: string, version: string, key: string, value: string): Promise<void> {
    await this.http.call("POST", "model-versions/set-tag", { name, version, key, value }, nothing);
  }

  /** The version that an alias names, or undefined where model or alias is missing. */
  async getAlias(name: string, alias: string): Promise<ModelVersion | undefined> {
    try {
      return await this.unlessMissing("RESOURCE_DOES_NOT_EXIST", "registered-models/alias", { name, alias });
    } catch (error) {
      // MLflow has no code of its own for a missing alias.
      if (isErrorCode(error, "INVALID_PARAMETER_VALUE") && /alias .* not found/i.test(error.message)) return undefined;
      throw error;
    }
  }

  /** Moves an alias to a version, at once. */
  async setAlias(name: string, alias: string, version: string): Promise<void> {
    await this.http.call("POST", "registered-models/alias", { name, alias, version }, nothing);
  }

  /** Removes an alias; it is not an error that there is none. */
  async deleteAlias(name: string, alias: string): Promise<void> {
    await this.http.call("DELETE", "registered-models/alias", { name, alias }, nothing);
  }

  private async unlessMissing(code: string, path: string, query: Record<string, string>) {
    try {
      return (await this.http.get(path, query, answeredVersion)).model_version;
    } catch (error) {
      if (isErrorCode(error, code)) return undefined;
      throw error;
    }
  }
}
