import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { GATEWAY, baseImageFile } from './lab.ts';
import { startMirror, type Mirror } from '../../support/mirror.ts';

const tarball = '/releases/download/v2.331.0/actions-runner-linux-x64-2.331.0.tar.gz';
const files = new Map([['/s3cret/script.sh', '#!/bin/sh\n']]);
let mirror: Mirror;

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

async function get(
  path: string,
  method = 'GET',
  redirect: 'follow' | 'manual' = 'manual',
): Promise<Response> {
  return fetch(`${mirror.url}${path}`, {
    method,
    redirect,
    headers: { 'user-agent': 'a test' },
    signal: AbortSignal.timeout(20_000),
  });
}

beforeAll(async () => {
  mirror = await startMirror({ bases: new Map([['noble', baseImageFile('tiny')]]), files, host: GATEWAY });
});

afterAll(async () => {
  await mirror.close();
});

test('The mirror serves a complete base image with the digest of SHA256SUMS', async () => {
  const image = Buffer.from(
    await (await get('/noble/current/noble-server-cloudimg-amd64.img')).arrayBuffer(),
  );
  expect(image.equals(await readFile(baseImageFile('tiny')))).toBe(true);
  const sums = await (await get('/noble/current/SHA256SUMS')).text();
  expect(sums).toContain(`\n${sha256(image)} *noble-server-cloudimg-amd64.img\n`);
});

test('A HEAD request gets the length and no body', async () => {
  const answer = await get('/noble/current/noble-server-cloudimg-amd64.img', 'HEAD');
  const { length } = await readFile(baseImageFile('tiny'));
  expect(answer.headers.get('content-length')).toBe(String(length));
  expect(await answer.text()).toBe('');
});

test('The latest release redirects to its tag', async () => {
  const answer = await get('/releases/latest');
  expect(answer.status).toBe(302);
  expect(answer.headers.get('location')).toBe(`${mirror.url}/releases/tag/v2.331.0`);
});

test('The runner tarball matches its digest and contains a runner that prints its version', async () => {
  const content = Buffer.from(await (await get(tarball, 'GET', 'follow')).arrayBuffer());
  const digestFile = await (await get(`${tarball}.sha256`)).text();
  expect(digestFile).toBe(`${sha256(content)}  actions-runner-linux-x64-2.331.0.tar.gz\n`);

  const folder = await mkdtemp(join(tmpdir(), 'e2e-mirror-test-'));
  try {
    await writeFile(join(folder, 'it.tar.gz'), content);
    await execa('tar', ['-xzf', 'it.tar.gz'], { cwd: folder, timeout: 20_000 });
    const { stdout } = await execa('./run.sh', ['--version'], { cwd: folder, timeout: 20_000 });
    expect(stdout).toBe('2.331.0');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('Folders are served with decoded names, and nothing outside them is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-mirror-test-'));
  const folders = new Map([['debian', join(folder, 'debian')]]);
  const other = await startMirror({ bases: new Map(), folders });
  try {
    await mkdir(join(folder, 'debian/yarn'), { recursive: true });
    await writeFile(join(folder, 'debian/a+b.deb'), 'package');
    await writeFile(join(folder, 'debian/yarn/index.json'), '{}');
    await writeFile(join(folder, 'secret'), 'outside');
    const ask = async (path: string): Promise<string> => (await fetch(`${other.url}${path}`)).text();
    expect(await ask('/debian/a%2bb.deb')).toBe('package');
    expect(await ask('/debian/yarn')).toBe('{}');
    expect(await ask('/debian/%2e%2e/secret')).toBe('not here\n');
    expect(await ask('/debian/x%2f..%2f..%2fsecret')).toBe('not here\n');
    expect(await ask('/debian/none.deb')).toBe('not here\n');
  } finally {
    await other.close();
    await rm(folder, { recursive: true });
  }
});

test('Extra files are read at each request, other paths give 404, and every request is recorded', async () => {
  expect(await (await get('/s3cret/script.sh')).text()).toBe('#!/bin/sh\n');
  files.set('/s3cret/script.sh', 'changed');
  expect(await (await get('/s3cret/script.sh?x=1')).text()).toBe('changed');
  expect((await get('/nothing')).status).toBe(404);
  expect(mirror.requests.slice(-2)).toEqual([
    { method: 'GET', path: '/s3cret/script.sh', userAgent: 'a test', status: 200 },
    { method: 'GET', path: '/nothing', userAgent: 'a test', status: 404 },
  ]);
});
