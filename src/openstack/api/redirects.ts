import type { HttpResponse } from '../../system/http/http.ts';

const MAXIMUM_REDIRECTS = 5;

/**
 * Sends a request and follows its redirects within the origin of `url`, so that no other server receives the token.
 * Returns any other redirect to the caller. Follows 301 and 302 for GET only, because a client may change the method of
 * another request there (RFC 9110).
 */
export async function followRedirects(
  method: string,
  url: string,
  send: (url: string) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  let target = url;
  for (let hop = 0; ; hop++) {
    const response = await send(target);
    const next = hop < MAXIMUM_REDIRECTS ? findTarget(method, target, response) : undefined;
    if (next === undefined) return response;
    response.body.destroy();
    target = next;
  }
}

function findTarget(method: string, from: string, response: HttpResponse): string | undefined {
  const { status } = response;
  const isFollowed =
    status === 307 || status === 308 || (method === 'GET' && (status === 301 || status === 302));
  const location = response.header('location');
  if (!isFollowed || location === undefined || !URL.canParse(location, from)) return undefined;
  const target = new URL(location, from);
  return target.origin === new URL(from).origin ? target.href : undefined;
}
