import type { Route } from './route.ts';

/** A route that fits a request, and what stands in the places that it names. */
export interface FoundRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The route for a request; words go before names. */
export function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute | undefined {
  const found = routes.flatMap((route) => {
    const params = matchRoute(route.route, method, path);
    return params === undefined ? [] : [{ route, params }];
  });
  return found.sort((a, b) => countNames(a) - countNames(b))[0];
}

const countNames = ({ params }: FoundRoute): number => Object.keys(params).length;

function matchRoute(route: string, method: string, path: string): Record<string, string> | undefined {
  const [wanted = '', ...given] = `${method}${path}`.split('/');
  const [verb = '', ...segments] = route.replace(' ', '').split('/');
  if (wanted !== verb || given.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = decodeURIComponent(given[index] ?? '');
    if (segment.startsWith(':')) params[segment.slice(1)] = part;
    else if (segment !== part) return undefined;
  }
  return params;
}
