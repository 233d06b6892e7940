import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tokenAnswer } from '../../support/http-cloud.ts';
import type { RawAnswer } from './answers.ts';

/** The path whose request makes the server answer the following requests with the next generated response. */
export const NEXT_ANSWER = '/fuzz/next';
/** The path whose request makes the server answer the following login correctly. */
export const CORRECT_LOGIN = '/fuzz/login';

/** A cloud that gives generated responses. */
export interface FuzzedCloud {
  readonly origin: string;
  close(): Promise<void>;
}

/** Returns the response to a correct login. The catalogue has a block storage, too. */
function loginAnswer(origin: string) {
  const { headers, body } = tokenAnswer(origin) as {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: { readonly token: { readonly catalog: readonly unknown[] } };
  };
  const endpoints = [{ interface: 'public', region_id: 'R1', url: `${origin}/v3` }];
  const catalog = [...body.token.catalog, { type: 'block-storage', endpoints }];
  return { headers, body: { token: { ...body.token, catalog } } };
}

/** Starts a cloud on loopback that gives the responses in turn; to logins, too, if `isLoginFuzzed`. */
export async function serveAnswers(
  answers: readonly RawAnswer[],
  isLoginFuzzed: boolean,
): Promise<FuzzedCloud> {
  let next: RawAnswer | undefined;
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === NEXT_ANSWER || request.url === CORRECT_LOGIN) {
      next = request.url === NEXT_ANSWER ? answers[count++] : undefined;
      response.writeHead(204).end();
      return;
    }
    const isLogin = request.url === '/v3/auth/tokens';
    if (next === undefined || (isLogin && !isLoginFuzzed)) {
      const { headers, body } = loginAnswer(origin);
      response.writeHead(201, { ...headers, 'x-openstack-request-id': 'req-1' }).end(JSON.stringify(body));
      return;
    }
    response.writeHead(next.status, next.headers);
    response.end(next.status === 204 || next.status === 304 ? undefined : next.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
