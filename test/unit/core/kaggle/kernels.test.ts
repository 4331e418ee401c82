import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { lastLines } from "../../../../core/kaggle/kernels.ts";
import { json, kaggle } from "./server.ts";

const ref = { owner: "jane", slug: "avocado-train" };
const notebook = JSON.stringify({
  nbformat: 4,
  cells: [{ cell_type: "code", source: ["a = 1\n", "b"], outputs: [1] }],
});
const kernel = {
  ...ref,
  title: "Avocado train",
  notebook,
  datasets: ["jane/avocado-ripening/2"],
  gpu: true,
  machineShape: "NvidiaTeslaT4",
  internet: true,
  timeout: 3600,
};
const saved = json({ versionNumber: 1, url: "https://www.kaggle.com/code/jane/avocado-train", error: "" });

describe("push", () => {
  it("saves and runs a private notebook with its sources joined and its outputs cleared", async () => {
    const { client, asked, bodies } = await kaggle(() => saved);
    await expect(client.kernels.push(kernel)).resolves.toEqual({
      url: "https://www.kaggle.com/code/jane/avocado-train",
      version: 1,
      lacking: [],
    });
    expect(asked[0]?.path).toBe("/api/v1/kernels.KernelsApiService/SaveKernel");
    const { text, ...rest } = bodies()[0];
    expect(rest).toEqual({
      slug: "jane/avocado-train",
      newTitle: "Avocado train",
      language: "python",
      kernelType: "notebook",
      datasetDataSources: ["jane/avocado-ripening/2"],
      isPrivate: true,
      enableGpu: true,
      enableTpu: false,
      enableInternet: true,
      kernelExecutionType: "SAVE_AND_RUN_ALL",
      machineShape: "NvidiaTeslaT4",
      sessionTimeoutSeconds: 3600,
    });
    expect(JSON.parse(text).cells[0]).toMatchObject({ source: "a = 1\nb", outputs: [] });
  });

  it.each([
    [
      "an error",
      { error: "Maximum weekly GPU quota of 30 hours reached." },
      /Maximum weekly GPU quota.*strategy 'ecs'/s,
    ],
    ["an error and null", { error: "Notebook not found", url: null, versionNumber: null }, /Notebook not found/],
    ["no version", {}, /which version/],
  ])("fails on %s under HTTP 200", async (_, answer, message) => {
    const { client } = await kaggle(() => json(answer));
    await expect(client.kernels.push(kernel)).rejects.toThrow(message);
  });

  it("is not sent again when it may have been carried out", async () => {
    const { client, asked } = await kaggle(() => json({}, 502));
    await expect(client.kernels.push(kernel)).rejects.toMatchObject({ name: "Transient" });
    expect(asked).toHaveLength(1);
  });

  it("asks Kaggle nothing when the title makes another slug", async () => {
    const { client, asked } = await kaggle(() => saved);
    await expect(client.kernels.push({ ...kernel, title: "Other title" })).rejects.toThrow(/slug 'other-title'/);
    expect(asked).toHaveLength(0);
  });
});

describe("status", () => {
  it("tells the failure", async () => {
    const { client } = await kaggle(() => json({ status: "ERROR", failureMessage: "Out of memory" }));
    await expect(client.kernels.status(ref)).resolves.toEqual({
      status: "ERROR",
      said: "ERROR",
      failureMessage: "Out of memory",
    });
  });

  it.each([{}, { status: null }, { status: "COMPLETED_SOMEHOW" }, { status: 99 }])(
    "is unknown for %j",
    async (answer) => {
      const { client } = await kaggle(() => json(answer));
      await expect(client.kernels.status(ref)).resolves.toMatchObject({ status: "UNKNOWN" });
    },
  );

  it("is undefined where there is no kernel", async () => {
    const { client } = await kaggle(() => json({ code: 403, message: "Permission 'kernels.get' was denied" }, 403));
    await expect(client.kernels.status(ref)).resolves.toBeUndefined();
  });
});

describe("outputs", () => {
  it("gathers all pages and the log", async () => {
    const log = JSON.stringify([{ stream_name: "stdout", time: 1.5, data: "hello\n" }]);
    const pages = [
      { files: [{ url: "http://127.0.0.1/a", fileName: "a" }], log, nextPageToken: "2" },
      { files: [{ url: "http://127.0.0.1/b", fileName: "b" }] },
    ];
    const { client } = await kaggle((_, count) => json(pages[count - 1]));
    const { files, log: entries } = await client.kernels.outputs(ref);
    expect(files.map(({ fileName }) => fileName)).toEqual(["a", "b"]);
    expect(entries).toEqual([{ stream_name: "stdout", time: 1.5, data: "hello\n" }]);
  });

  it("leaves out an entry that names no file or has no address", async () => {
    const file = { url: "http://127.0.0.1/a", fileName: "a" };
    const entries = [{ ...file, url: null }, { url: file.url }, { ...file, url: "" }, file];
    const { client } = await kaggle(() => json({ files: entries }));
    expect((await client.kernels.outputs(ref)).files).toEqual([file]);
  });

  it("keeps a log that is plain text", async () => {
    const { client } = await kaggle(() => json({ log: "Killed" }));
    expect((await client.kernels.outputs(ref)).log).toMatchObject([{ data: "Killed" }]);
  });

  it("are opened without credentials", async () => {
    const { client, asked, url } = await kaggle(() => ({ status: 200, body: "content" }));
    await expect(text(await client.kernels.open({ url: `${url}/f`, fileName: "f" }))).resolves.toBe("content");
    expect(asked[0]?.headers.authorization).toBeUndefined();
  });
});

describe("lastLines", () => {
  it("joins pieces to lines and leaves colours and empty ones out", () => {
    const log = ["one\n", "tw", "o\n\n", "\u001b[0;31mthree\u001b[0m\n"].map((data) => ({
      stream_name: "",
      time: 0,
      data,
    }));
    expect(lastLines(log, 2)).toBe("two\nthree");
  });
});
