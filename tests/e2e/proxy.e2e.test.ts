import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withGuest } from './support/boot.ts';
import { findInImage } from './support/image-search.ts';
import { GATEWAY } from './support/lab.ts';
import { packageFlags, startPackageMirror } from './support/packages.ts';
import { type HttpProxy, startHttpProxy } from '../support/http-proxy.ts';
import type { Mirror } from '../support/mirror.ts';
import { imageIdOf, runArguments, runProgram } from './support/program.ts';
import { takeLeftovers } from './support/run-on-lab.ts';

const LOGIN = `marked-user:marked-password-${randomBytes(12).toString('hex')}`;
/** The guest can neither resolve this name nor reach the mirror, which listens on the loopback of the host. */
const HIDDEN = 'http://mirror.invalid';
const PACKAGES = 'jq,unzip,nftables';

let mirror: Mirror;
let proxy: HttpProxy;

/** Returns the secrets of a unit whose model has a proxy. */
function encodeSecrets(): string {
  const url = `http://${LOGIN}@${proxy.host}`;
  const settings = { http: url, https: url, noProxy: '127.0.0.1' };
  return JSON.stringify({ generation: 1, scriptUrl: '', scriptSecrets: {}, proxy: settings });
}

beforeAll(async () => {
  mirror = await startPackageMirror('ci', '127.0.0.1');
  proxy = await startHttpProxy({ login: LOGIN, address: GATEWAY });
});

afterAll(async () => {
  await mirror.close();
  await proxy.close();
});

test('A guest whose only way out is a proxy gets the same packages, and its image has no trace of the proxy', async () => {
  const before = await takeLeftovers();
  const hidden = `${HIDDEN}:${new URL(mirror.url).port}`;
  const args = ['--prefix', 'e2e-proxy', '--runner-releases-url', `${hidden}/releases`, '--secrets-fd', '3'];
  const packages = packageFlags({ url: hidden }, 'ci', PACKAGES);
  const result = await runProgram(runArguments(mirror, 'e2e-proxy-noble-x64', args, packages), {
    secrets: encodeSecrets(),
    env: { http_proxy: `http://${LOGIN}@${proxy.host}`, no_proxy: `127.0.0.1,${GATEWAY}` },
    seconds: 1500,
  });
  const id = imageIdOf(result);
  expect(await takeLeftovers()).toEqual(before);
  const targets = proxy.requests.map(({ target }) => target);
  expect(targets.filter((target) => target.startsWith(`${hidden}/debian/`)).length).toBeGreaterThan(4);
  expect(`${result.stdout}${result.stderr}`).not.toContain(LOGIN.split(':')[1]);
  const secrets = [
    { name: 'login', value: LOGIN },
    { name: 'password', value: LOGIN.split(':')[1] ?? '' },
    { name: 'proxy', value: proxy.host },
  ];
  expect(await findInImage(id, secrets)).toEqual([]);
  await withGuest(id, async (guest) => {
    await guest.run('jq --version && type unzip');
    expect(
      await guest.run('env | grep -i proxy; cat /etc/environment; grep -ri proxy /etc/apt || true'),
    ).toBe('');
  });
}, 2_400_000);
