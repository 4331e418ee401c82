/** Every route of the predict API, and who may call it: everybody, or AWS identities alone. */
export const apiRoutes = {
  "GET /": "everybody",
  "POST /predict": "everybody",
  "POST /uploads": "everybody",
  "GET /health": "everybody",
  "GET /openapi.json": "everybody",
  "GET /docs": "everybody",
  "GET /docs/{file}": "everybody",
  "POST /reload-model": "identities",
} as const;

export type ApiRoute = keyof typeof apiRoutes;

/** Method and path of each route, in the order above. */
export const routeEntries = Object.keys(apiRoutes).map((key) => {
  const route = key as ApiRoute;
  const [method, path] = route.split(" ") as ["GET" | "POST", string];
  return { route, method, path };
});

/** The route of a request; what is known of its path alone otherwise. */
export function matchRoute(method: string, path: string): { route?: ApiRoute; allowed: string[] } {
  const fitting = routeEntries.filter((entry) =>
    entry.path === "/docs/{file}" ? /^\/docs\/[^/]+$/.test(path) : entry.path === path,
  );
  const route = fitting.find((entry) => entry.method === method)?.route;
  return { ...(route && { route }), allowed: fitting.map((entry) => entry.method) };
}

/** Header with which CloudFront proves to the API that a request came through it. */
export const originHeader = "x-origin-secret";
