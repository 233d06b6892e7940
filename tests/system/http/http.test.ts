import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Http, openHttp } from '../../../src/system/http/http.ts';
import { TEST_TRUST } from '../../support/test-trust.ts';

/** As much as undici buffers before it pauses its parser. */
const PAUSES_AT = 64 * 1024;

const opened: { readonly close: () => unknown }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** The last header, and the body in the pieces in which it is sent. */
type Answer = readonly [header: string, pieces: readonly Buffer[]];

/** Serves one answer on each connection and ends the connection. */
async function serve([header, pieces]: Answer): Promise<string> {
  const answer = async (socket: Socket): Promise<void> => {
    await once(socket, 'data');
    socket.write(`HTTP/1.1 200 OK\r\n${header}connection: close\r\n\r\n`);
    for (const piece of pieces) socket.write(piece);
    socket.end();
  };
  const server = createServer((socket) => void answer(socket).catch(() => undefined));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  opened.unshift(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function open(): Http {
  const http = openHttp({ trust: TEST_TRUST, stallTimeoutMs: 10_000 });
  opened.push(http);
  return http;
}

describe('an answer whose connection the server ends', () => {
  test.each<readonly [string, (body: Buffer) => Answer]>([
    ['with a length', (body) => [`content-length: ${body.length}\r\n`, [body]]],
    ['without a length', (body) => ['', [body]]],
    [
      'in chunks',
      (body) => {
        const [size, end] = [`${body.length.toString(16)}\r\n`, '\r\n0\r\n\r\n'];
        return ['transfer-encoding: chunked\r\n', [Buffer.from(size), body, Buffer.from(end)]];
      },
    ],
  ])(
    'An answer %s is complete, although nobody reads it before the end of the connection',
    async (_, encode) => {
      for (const size of [PAUSES_AT, PAUSES_AT + 1, 3 * PAUSES_AT]) {
        const body = Buffer.alloc(size, 'a');
        const { body: answer } = await open().send({ method: 'GET', url: await serve(encode(body)) });
        await new Promise((resolve) => setTimeout(resolve, 100));
        let received = 0;
        for await (const chunk of answer) received += (chunk as Buffer).length;
        expect(received).toBe(size);
      }
    },
  );

  test('An answer that nobody reads fails nothing when it is destroyed after the end of the connection', async () => {
    const body = Buffer.alloc(PAUSES_AT, 'a');
    const url = await serve([`content-length: ${2 * PAUSES_AT}\r\n`, [body]]);
    const { status, body: answer } = await open().send({ method: 'GET', url });
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer.destroy();
    expect(status).toBe(200);
  });
});
