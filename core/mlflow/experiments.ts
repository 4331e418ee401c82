import { z } from "zod";
import { InvalidInputError } from "../errors.ts";
import { isErrorCode, type MlflowHttp } from "./http.ts";

const created = z.object({ experiment_id: z.string() });
const experiment = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string(),
  lifecycle_stage: z.string(),
});
const searched = z.object({ experiments: z.array(experiment).default([]), next_page_token: z.string().optional() });

/** Experiments of an MLflow server. */
export class Experiments {
  private readonly http: MlflowHttp;

  constructor(http: MlflowHttp) {
    this.http = http;
  }

  /**
   * Id of the experiment of this name, created where there is none, its artifacts below `artifactRoot`.
   * @throws InvalidInputError when it exists but has been deleted
   */
  async getOrCreate(name: string, artifactRoot: string): Promise<string> {
    const found = await this.find(name);
    if (found) return found;
    const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    try {
      const body = { name, artifact_location: `${artifactRoot}/${slug}` };
      return (await this.http.call("POST", "experiments/create", body, created)).experiment_id;
    } catch (error) {
      // Another client was quicker, or an attempt that seemed to fail did not.
      const made = isErrorCode(error, "RESOURCE_ALREADY_EXISTS") ? await this.find(name) : undefined;
      if (made) return made;
      throw error;
    }
  }

  /** Ids of all experiments that are not deleted. */
  async listIds(): Promise<string[]> {
    const ids: string[] = [];
    let token: string | undefined;
    do {
      const body = { max_results: 1000, ...(token && { page_token: token }) };
      const page = await this.http.call("POST", "experiments/search", body, searched);
      ids.push(...page.experiments.map(({ experiment_id }) => experiment_id));
      token = page.next_page_token;
    } while (token);
    return ids;
  }

  private async find(name: string): Promise<string | undefined> {
    try {
      const query = { experiment_name: name };
      const answer = await this.http.get("experiments/get-by-name", query, z.object({ experiment }));
      if (answer.experiment.lifecycle_stage !== "deleted") return answer.experiment.experiment_id;
    } catch (error) {
      if (isErrorCode(error, "RESOURCE_DOES_NOT_EXIST")) return undefined;
      throw error;
    }
    throw new InvalidInputError(
      `The experiment '${name}' has been deleted in MLflow. Restore it there, or give another experimentName.`,
    );
  }
}
