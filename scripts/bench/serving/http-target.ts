import { Pool } from "undici";
import { freePort, type ServiceOptions, startService } from "../../../local/service.ts";
import { measureLoad } from "./load.ts";
import type { BenchmarkTarget } from "./target.ts";

/** A request's body, with the header that says what it is. */
export interface Body {
  type: string;
  bytes: Buffer;
}

type Program = Pick<ServiceOptions, "command" | "args" | "env" | "cwd">;

export interface HttpTarget extends Pick<BenchmarkTarget, "name" | "given"> {
  logFile: string;
  /** Where it takes photographs. */
  path: string;
  /** One for each photograph. */
  bodies: readonly Body[];
  program(port: number): Program;
  /** Days, out of an answer. */
  read(answer: unknown): number;
}

/** A server of its own processes, asked over connections that are kept. */
export function httpTarget({ name, given, logFile, path, bodies, program, read }: HttpTarget): BenchmarkTarget {
  return {
    name,
    given,
    async start() {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const service = await startService({
        ...program(port),
        ...{ name, logFile, url, healthPath: "/health", startWithin: 300_000, askEvery: 10 },
      });
      const pool = new Pool(url);
      const ask = async (photograph: number): Promise<unknown> => {
        const { type, bytes } = bodies[photograph % bodies.length] as Body;
        const { statusCode, body } = await pool.request({
          ...{ path, method: "POST", headers: { "content-type": type }, body: bytes },
        });
        const text = await body.text();
        if (statusCode !== 200) throw new Error(`${name} answers ${statusCode}: ${text.slice(0, 500)}`);
        return JSON.parse(text);
      };
      const stop = async () => {
        await pool.close();
        await service.stop();
      };
      try {
        const days = read(await ask(0));
        const measure = (concurrency: number, seconds: number) => measureLoad(ask, concurrency, seconds);
        return { pid: service.pid, days, measure, stop };
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

/** Photographs as a web page would send them. */
export function formBodies(photographs: readonly Buffer[]): Promise<Body[]> {
  return Promise.all(
    photographs.map(async (photograph) => {
      const form = new FormData();
      form.append("image_files", new Blob([new Uint8Array(photograph)], { type: "image/jpeg" }), "photograph.jpg");
      form.append("storage_conditions", "T20");
      const response = new Response(form);
      const bytes = Buffer.from(await response.arrayBuffer());
      return { type: response.headers.get("content-type") ?? "", bytes };
    }),
  );
}
