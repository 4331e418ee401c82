import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { apiEvent, predictForm } from "../../support/api-event.ts";
import type { Image } from "../../support/container/build-image.ts";
import { resolveEnvironment } from "../../support/container/environment.ts";
import { buildPredictImage } from "../../support/container/predict-image.ts";
import { LambdaInstance } from "../../support/lambda/function.ts";
import { createBucket } from "../../support/ministack.ts";
import { synthesise } from "../../support/stages.ts";

/** The function as the template configures it. */
const configuration = () => {
  const functions = synthesise("prod").resources("AWS::Lambda::Function");
  const found = functions.find(([, { Properties }]) => Properties.PackageType === "Image");
  return found?.[1].Properties as { MemorySize: number; Environment: { Variables: Record<string, unknown> } };
};
const bundle = "/var/task/index.js";

let image: Image;
let variables: Record<string, string>;
let photograph: Uint8Array;
beforeAll(async () => {
  const { aws } = inject("services");
  const bucket = `container-${randomUUID().slice(0, 8)}`;
  await createBucket(aws, bucket);
  const standIns = { ARTIFACT_BUCKET: bucket, UPLOAD_BUCKET: bucket, PUBLISH_FUNCTION: "publish-champion" };
  const resolved = resolveEnvironment(configuration().Environment.Variables, standIns);
  variables = { ...resolved, AWS_ENDPOINT_URL: aws };
  image = await buildPredictImage();
  const green = { create: { width: 3000, height: 2000, channels: 3 as const, background: "green" } };
  photograph = await sharp(green).jpeg().toBuffer();
});
afterAll(() => image?.root.remove());

/** Starts an instance, has it answer this many photographs, and ends it. */
async function predict(count: number, memoryMegabytes = configuration().MemorySize) {
  const instance = await LambdaInstance.start(image, { variables, memoryMegabytes });
  const form = predictForm(Array(count).fill(photograph), Array(count).fill("T20"));
  const answered = await instance.invoke(await apiEvent("POST", "/predict", form)).catch((error: Error) => error);
  const ending = await instance.stop();
  if (answered instanceof Error) throw answered;
  return { ...answered, ending };
}

/** Does something to a file of the image, and undoes it after the test's own part. */
async function without(path: string, test: () => Promise<void>): Promise<void> {
  const file = image.root.inside(path);
  renameSync(file, `${file}.away`);
  try {
    await test();
  } finally {
    rmSync(file, { force: true });
    renameSync(`${file}.away`, file);
  }
}

/** The image's file whose name matches, as a path in it. */
function find(folder: string, name: RegExp): string {
  const files = readdirSync(image.root.inside(folder), { recursive: true, encoding: "utf8" });
  return join(folder, files.find((file) => name.test(file)) ?? "");
}

describe("the predict Lambda in its image", () => {
  it("answers photographs from a cold start, with the memory, the user and the variables that Lambda gives it", async () => {
    const { kind, body, ending } = await predict(2);
    expect([kind, body.statusCode]).toEqual(["response", 200]);
    expect(JSON.parse(body.body).prediction).toHaveLength(2);
    expect(ending.outOfMemory).toBe(false);
    expect(ending.peakMegabytes).toBeLessThan(configuration().MemorySize);
  });

  it("does so with the least memory that the configuration allows", async () => {
    const { body, ending } = await predict(1, 512);
    expect([body.statusCode, ending.outOfMemory]).toEqual([200, false]);
  });
});

describe("the check of the predict Lambda's image", () => {
  it("sees more memory than the function has", async () => {
    await expect(predict(1, 64)).rejects.toThrow("out of memory");
  });

  it("sees a file that Lambda's user cannot read", async () => {
    await without(bundle, async () => {
      const content = readFileSync(image.root.inside(`${bundle}.away`));
      writeFileSync(image.root.inside(bundle), content, { mode: 0o600 });
      await expect(predict(1)).rejects.toThrow("EACCES");
    });
  });

  it("sees a write outside /tmp", async () => {
    await without(bundle, async () => {
      const content = 'require("node:fs").writeFileSync("/var/task/cache", "x"); exports.handler = async () => ({});';
      writeFileSync(image.root.inside(bundle), content);
      await expect(predict(1)).rejects.toThrow("EROFS");
    });
  });

  it("sees a native package that was left out", async () => {
    await without("/var/task/node_modules/sharp", async () => {
      await expect(predict(1)).rejects.toThrow("Cannot find module 'sharp'");
    });
  });

  it("sees a shared library that is missing", async () => {
    await without(find("/var/task/node_modules", /libvips-cpp\.so/), async () => {
      await expect(predict(1)).rejects.toThrow(/libvips-cpp.*cannot open shared object file/s);
    });
  });
});
