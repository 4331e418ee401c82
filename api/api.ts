import { randomUUID } from "node:crypto";
import { type ApiRoute, matchRoute } from "../core/contracts/api-routes.ts";
import { toResponse } from "./answer.ts";
import { type ApiDependencies, openOnce } from "./dependencies.ts";
import { checkHealth } from "./health.ts";
import { BusyError, type Memory, unboundedMemory } from "./memory.ts";
import type { Log, Observer } from "./observer.ts";
import { ProblemError, problemAnswer } from "./problem.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { createRoutes } from "./routes.ts";

/** What the receiver of a request knows in addition to the request. */
interface RequestContext {
  /** Names the request in its answer and in the log (default: a new one). */
  id?: string;
  /** Counts what the request holds in memory (default: nothing does). */
  memory?: Memory;
}

/** The predict API, for whatever speaks HTTP. */
export interface Api {
  /** Answers a request. Never throws: errors are answered as problems (RFC 9457). */
  fetch(request: Request, context?: RequestContext): Promise<Response>;
  /** Loads the model before the first request, and runs it once. Thrown when it cannot serve: `ProblemError` 503 */
  warmUp(): Promise<void>;
}

/** The predict API. `open` is called by the first request (or `warmUp`), and again when it fails. */
export function createApi(open: () => ApiDependencies, log: Log, observer: Observer = {}): Api {
  const dependencies = openOnce(open, log, observer);
  const routes = createRoutes(dependencies);

  async function answer(request: Request, id: string, memory: Memory) {
    const metrics = new RequestMetrics(observer);
    try {
      const { pathname } = new URL(request.url);
      return await routes[routeOf(request.method, pathname)]({ request, pathname, id, memory, metrics });
    } catch (error) {
      observer.rejected?.(error instanceof ProblemError ? error.name : "Internal");
      const answered = problemAnswer(error, id);
      if (answered.status >= 500 && !(error instanceof BusyError)) log.error("request failed", { error });
      return answered;
    } finally {
      await observer.traced?.(metrics.spans);
    }
  }

  return {
    async fetch(request, { id = randomUUID(), memory = unboundedMemory } = {}) {
      const answered = await answer(request, id, memory);
      return toResponse(answered, id, request.headers.get("accept-encoding") ?? "");
    },
    async warmUp() {
      const warm = checkHealth(dependencies().holder, "");
      // Node loads its fetch with the first request, which takes 20 ms: now, while the model is on its way.
      new Request("http://localhost/");
      await warm;
    },
  };
}

/** The route of a request; HEAD is answered as GET, without the body. Thrown when there is none: `ProblemError` 404, 405 */
function routeOf(asked: string, path: string): ApiRoute {
  const method = asked === "HEAD" ? "GET" : asked;
  const { route, allowed } = matchRoute(method, path);
  if (route) return route;
  if (allowed.length === 0) throw new ProblemError(404, "NotFound", `There is no ${method} ${path}.`);
  const detail = `There is no ${method} ${path}, only ${allowed.join(" and ")}.`;
  throw new ProblemError(405, "MethodNotAllowed", detail, { headers: { allow: allowed.join(", ") } });
}
