import type { Route } from './route.ts';

/** The route of a request with the values of its path parameters. */
export interface FoundRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route for a request. A literal path segment takes precedence over a parameter. */
export function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute | undefined {
  const found = routes.flatMap((route) => {
    const params = matchRoute(route.route, method, path);
    return params === undefined ? [] : [{ route, params }];
  });
  return found.sort((a, b) => countParams(a) - countParams(b))[0];
}

const countParams = ({ params }: FoundRoute): number => Object.keys(params).length;

function matchRoute(route: string, method: string, path: string): Record<string, string> | undefined {
  const [verb = '', ...segments] = splitRoute(route);
  const parts = path.split('/').slice(1);
  if (method !== verb || parts.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = decodeURIComponent(parts[index] ?? '');
    if (segment.startsWith(':')) params[segment.slice(1)] = part;
    else if (segment !== part) return undefined;
  }
  return params;
}

const splitRoutes = new Map<string, readonly string[]>();

/** Splits a route into its method and its path segments, once for each route. */
function splitRoute(route: string): readonly string[] {
  const known = splitRoutes.get(route) ?? route.replace(' ', '').split('/');
  splitRoutes.set(route, known);
  return known;
}
