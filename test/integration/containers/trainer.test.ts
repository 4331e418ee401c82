import { readdirSync, renameSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { trainingResult } from "../../../core/contracts/pipeline.ts";
import { trainingKeys } from "../../../core/contracts/training.ts";
import { localAws } from "../../../local/ministack.ts";
import type { Image } from "../../support/container/build-image.ts";
import { Container, type Ending } from "../../support/container/container.ts";
import { resolveEnvironment } from "../../support/container/environment.ts";
import { fileSystemOf } from "../../support/container/file-system.ts";
import { buildTrainerImage } from "../../support/container/trainer-image.ts";
import { createSandbox, type Sandbox } from "../../support/pipeline.ts";
import { synthesise } from "../../support/stages.ts";
import { makeTinyDataset } from "../../support/tiny-dataset.ts";
import { createJob } from "../../support/training-job.ts";

const { aws, mlflow: trackingUri, artifactBucket } = inject("services");
let image: Image;
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox();
  await makeTinyDataset(sandbox.data, { train: 16, validation: 8, test: 8 });
  image = await buildTrainerImage();
});
afterAll(() => image?.root.remove());

/** The task as the template defines it. */
function taskOfTemplate() {
  const tasks = synthesise("prod").resources("AWS::ECS::TaskDefinition");
  const properties = tasks.find(([, { Properties }]) => Properties.ContainerDefinitions[0].Name === "trainer")?.[1]
    .Properties;
  const [container] = properties?.ContainerDefinitions ?? [];
  const variables: { Name: string; Value: unknown }[] = container.Environment;
  return {
    container,
    variables: Object.fromEntries(variables.map(({ Name, Value }) => [Name, Value])),
    memoryMegabytes: Number(properties?.Memory),
  };
}

function train(jobKey: string, memoryMegabytes = taskOfTemplate().memoryMegabytes, changes = {}): Promise<Ending> {
  const standIns = {
    DATA_BUCKET: sandbox.data.bucket,
    ARTIFACT_BUCKET: artifactBucket,
    MLFLOW_TRACKING_URI: trackingUri,
    MLFLOW_AUTH: "none",
    AWS_REGION: "us-east-1",
  };
  return new Container({
    root: image.root.path,
    mounts: image.mounts,
    workingFolder: image.workingFolder,
    command: image.command,
    uid: image.uid,
    gid: image.uid,
    memoryMegabytes,
    ...fileSystemOf(image, taskOfTemplate().container),
    env: {
      ...image.env,
      ...localAws(aws),
      ...resolveEnvironment(taskOfTemplate().variables, standIns),
      JOB_KEY: jobKey,
      ...changes,
    },
  }).ended;
}

describe("the trainer in its image", () => {
  it("trains a job and answers the state machine, with the user, the variables and the memory of its task", async () => {
    const { job, task } = await createJob(sandbox, { epochs: 1 });
    const ending = await train(trainingKeys.job(job.runId));
    expect([ending.code, ending.outOfMemory], ending.stderr).toEqual([0, false]);
    const end = await task.end();
    expect(end.status).toBe("SUCCEEDED");
    expect(trainingResult.parse(JSON.parse(end.output ?? ""))).toMatchObject({ runId: job.runId, reused: false });
  });
});

it("the trainer's image has no other Node, no tunnels, no page and no sources of minified code", () => {
  const packages = readdirSync(image.root.inside("/app/node_modules"));
  expect(packages.filter((name) => /^(node-linux|@ngrok|swagger-ui)/.test(name))).toEqual([]);
  const files = readdirSync(image.root.inside("/app/node_modules"), { recursive: true, encoding: "utf8" });
  expect(files.filter((name) => name.endsWith(".map"))).toEqual([]);
});

describe("the check of the trainer's image", () => {
  it("sees a write outside the folder that it may write to", async () => {
    const { job } = await createJob(sandbox, { epochs: 1 });
    const { volumes } = image;
    image.volumes = [];
    await expect(async () => train(trainingKeys.job(job.runId))).rejects.toThrow("no VOLUME /var/cache/trainer");
    image.volumes = volumes;
    const { code, stderr } = await train(trainingKeys.job(job.runId), undefined, { CACHE_FOLDER: "/tmp" });
    // Everybody may write there, but for a read-only file system, of which Node says so when it makes folders one in another.
    expect([code, stderr]).toEqual([1, expect.stringContaining("ENOENT: no such file or directory, mkdir '/tmp/")]);
  });

  it("sees more memory than the task has", async () => {
    const { job } = await createJob(sandbox, { epochs: 1 });
    expect((await train(trainingKeys.job(job.runId), 100)).outOfMemory).toBe(true);
  });

  it("sees a library that was left out", async () => {
    const { mounts } = image;
    image.mounts = {};
    const { code, stderr } = await train("training/x/job.json");
    image.mounts = mounts;
    expect([code, stderr]).toEqual([1, expect.stringContaining("libtensorflow")]);
  });

  it("sees a source that was left out", async () => {
    const file = image.root.inside("/app/core/errors.ts");
    renameSync(file, `${file}.away`);
    const { code, stderr } = await train("training/x/job.json");
    renameSync(`${file}.away`, file);
    expect([code, stderr]).toEqual([1, expect.stringContaining("core/errors.ts")]);
  });
});
