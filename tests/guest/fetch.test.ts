import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FETCH } from '../../src/guest/shell/fetch.ts';

const DOWNLOADERS = ['curl', 'wget', 'python3'].filter((name) => existsSync(join('/usr/bin', name)));

let folder: string;
let server: Server;
let address: string;
let failures = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fetch-'));
  server = createServer((request, response) => {
    if (request.url === '/there') response.end('content');
    else if (request.url === '/moved') response.writeHead(302, { location: '/there' }).end();
    else if (request.url === '/shaky' && ++failures > 2) response.end('content');
    else if (request.url === '/cut' && ++failures > 2) response.end('content');
    else if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': 7 }).write('con', () => response.destroy());
    } else response.writeHead(503).end('an error page');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('expected a port');
  address = `http://127.0.0.1:${bound.port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Downloads with only `downloader` and `timeout` on PATH. The delays between attempts are skipped. */
async function fetchWith(downloader: string, path: string): Promise<number | null> {
  const bin = join(folder, `bin-${downloader}`);
  mkdirSync(bin, { recursive: true });
  [downloader, 'timeout'].forEach((name) => {
    if (!existsSync(join(bin, name))) symlinkSync(join('/usr/bin', name), join(bin, name));
  });
  const program = `set -eu\n${FETCH}\nsleep() { :; }\nfetch "$1" "$2"`;
  const args = ['-c', program, 'sh', `${address}${path}`, join(folder, 'file')];
  const child = spawn('/bin/sh', args, { env: { PATH: bin }, stdio: 'ignore' });
  return new Promise((resolve) => child.on('close', resolve));
}

describe.each(DOWNLOADERS)('download with %s', (downloader) => {
  test.each(['/there', '/moved'])('The file at %s is downloaded', async (path) => {
    expect(await fetchWith(downloader, path)).toBe(0);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('content');
  });

  test('A download is retried when the server returns an error', async () => {
    failures = 0;
    expect(await fetchWith(downloader, '/shaky')).toBe(0);
    expect(failures).toBe(3);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('content');
  });

  test('A download is retried when the connection is closed before the end of the file', async () => {
    failures = 0;
    expect(await fetchWith(downloader, '/cut')).toBe(0);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('content');
  });

  test('A download fails after the last attempt when the server returns only errors', async () => {
    expect(await fetchWith(downloader, '/never')).toBe(1);
  });
});
