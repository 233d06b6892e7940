import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ensureBaseImage } from '../../src/image-builder/base-images/base-images.ts';
import { fetchScript, runScript } from '../../src/image-builder/build/external-script.ts';
import { type Guest, checkGuest, waitForCloudInit } from '../../src/image-builder/build/guest-session.ts';
import { connectGuest, waitForHostKeys, waitForServer } from '../../src/image-builder/build/reach-guest.ts';
import { removeServer } from '../../src/image-builder/build/remove-server.ts';
import { resolveRunnerRelease } from '../../src/image-builder/build/runner-release.ts';
import { waitForServerImage } from '../../src/image-builder/build/server-image.ts';
import type { Context } from '../../src/image-builder/context.ts';
import { ProductError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/timeouts.ts';
import { listFlavors } from '../../src/openstack/flavors.ts';
import { QCOW2_MAGIC } from '../../src/model/disk-format.ts';
import { SshTimeoutError } from '../../src/system/ssh/ssh-errors.ts';
import type { SshCommand } from '../../src/system/ssh/ssh.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';
import { TEST_TIMEOUTS, useTestTools } from './make-test-tools.ts';
import { scriptGlance } from './scripted-glance.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const SERVER = 'GET /v2.1/servers/s1';
const SUMS = 'GET /ubuntu/noble/current/SHA256SUMS';
const FILE = 'GET /ubuntu/noble/current/noble-server-cloudimg-amd64.img';
const UPLOAD = 'PUT /v2/images/*/file';

const serverIs = (status: string, taskState: string | null = null) => {
  const server = { id: 's1', name: 'n', status, 'OS-EXT-STS:task_state': taskState };
  at.http.on(SERVER, { body: { server } });
};

/** A transfer that never ends, and the warnings about its attempts. */
interface Transfer {
  readonly failure: Promise<Error>;
  readonly warnings: readonly string[];
}

/** Starts a download whose body is `body`. */
function startTransfer(body: () => Readable, timeouts: Partial<Timeouts>): Transfer {
  scriptGlance(at.http);
  at.http.on(SUMS, { body: `${'a'.repeat(64)} *noble-server-cloudimg-amd64.img\n` });
  at.http.on(FILE, () => ({ headers: { 'content-length': '100000000' }, body: body() }));
  const { tools, warnings } = makeTools({ timeouts: { ...TEST_TIMEOUTS, ...timeouts } });
  const request = { base: 'noble', arch: 'x64', baseRelease: '', prefix: '' } as const;
  return { failure: failureOf(ensureBaseImage(at.cloud, request, tools)), warnings };
}

/** Advances the clock only during attempts, because the requests between two attempts have their own deadlines. */
async function passTime({ failure, warnings }: Transfer, step: number): Promise<Error> {
  const over = new AbortController();
  void failure.then(() => over.abort());
  const isOver = (): boolean => over.signal.aborted;
  for (let nth = 1; !isOver(); nth++) {
    await Promise.race([at.http.waitFor(UPLOAD, nth), failure]);
    while (warnings.length < nth && !isOver()) {
      at.clock.advance(step);
      await new Promise((resolve) => setTimeout(resolve, 2)); // lets the real sockets work
    }
  }
  return failure;
}

/** Returns a guest in which every command exceeds its time-out. */
function guestThatHangs(seen: SshCommand[]): Guest {
  const run = (command: SshCommand): Promise<never> => {
    seen.push(command);
    return Promise.reject(new SshTimeoutError('a command over SSH did not end'));
  };
  return { cloud: at.cloud, serverId: 's1', parts: [], session: { run, close: () => undefined } };
}

async function expectOwnTimeout(
  wait: keyof Timeouts,
  act: (guest: Guest, tools: Context) => Promise<unknown>,
): Promise<Error> {
  const seen: SshCommand[] = [];
  const error = await failureOf(act(guestThatHangs(seen), makeTools().tools));
  expect(seen[0]?.timeoutMs).toBe(DEFAULT_TIMEOUTS[wait] * 1000);
  return error;
}

/** Provokes each time-out and returns its error. */
const WAITS: Readonly<Record<keyof Timeouts, () => Promise<Error>>> = {
  apiTimeout: async () => {
    at.http.on('GET /v2.1/flavors/detail', 'hang');
    const failure = failureOf(listFlavors(at.cloud));
    for (const nth of [1, 2]) {
      await at.http.waitFor('GET /v2.1/flavors/detail', nth);
      at.clock.advance(30_000);
    }
    return failure;
  },
  stallTimeout: () => {
    const begin = () => {
      const body = new Readable({ read: () => undefined });
      body.push(Buffer.concat([QCOW2_MAGIC, Buffer.alloc(100_000)]));
      body.push(Buffer.alloc(1000));
      return body;
    };
    return passTime(startTransfer(begin, { transferTimeout: 1_000_000 }), 20_000);
  },
  transferTimeout: () => {
    const trickle = async function* () {
      yield QCOW2_MAGIC;
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield Buffer.alloc(10);
      }
    };
    return passTime(
      startTransfer(() => Readable.from(trickle()), { stallTimeout: 300 }),
      20_000,
    );
  },
  fetchTimeout: async () => {
    at.http.on(SUMS, 'hang');
    const { tools } = makeTools();
    const failure = failureOf(
      ensureBaseImage(at.cloud, { base: 'noble', arch: 'x64', baseRelease: '', prefix: '' }, tools),
    );
    await at.http.waitFor(SUMS);
    at.clock.advance(30_000);
    return failure;
  },
  serverTimeout: () => {
    serverIs('BUILD', 'spawning');
    return failureOf(waitForServer(at.cloud, 's1', 'ACTIVE', makeTools().tools));
  },
  bootTimeout: () => {
    serverIs('ACTIVE');
    at.http.on('POST /v2.1/servers/s1/action', { body: { output: 'Booting from hard disk' } });
    return failureOf(waitForHostKeys(at.cloud, 's1', makeTools().tools));
  },
  sshTimeout: () => {
    const server = { id: 's1', addresses: ['192.0.2.1', '192.0.2.2'] };
    const keys = { hostKeyFingerprints: ['SHA256:x'], privateKey: new Secret('') };
    return failureOf(connectGuest(at.cloud, server, keys, makeTools().tools));
  },
  cloudInitTimeout: () => expectOwnTimeout('cloudInitTimeout', waitForCloudInit),
  commandTimeout: () => expectOwnTimeout('commandTimeout', checkGuest),
  scriptTimeout: async () => {
    const seen: SshCommand[] = [];
    const guest = guestThatHangs(seen);
    const run = async (command: SshCommand) => {
      seen.push(command);
      if (command.timeoutMs === DEFAULT_TIMEOUTS.scriptTimeout * 1000) throw new SshTimeoutError('too long');
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    };
    const session = { ...guest.session, run };
    const error = await failureOf(runScript({ ...guest, session }, 'sleep', makeTools().tools));
    expect(seen).toHaveLength(2); // installed and run, not removed: the whole server is deleted
    return error;
  },
  shutdownTimeout: () => {
    serverIs('ACTIVE', 'powering-off');
    return failureOf(waitForServer(at.cloud, 's1', 'SHUTOFF', makeTools().tools));
  },
  imageTimeout: () => {
    serverIs('SHUTOFF', 'image_uploading');
    at.http.on('GET /v2/images/i1', { body: { id: 'i1', status: 'saving' } });
    return failureOf(waitForServerImage(at.cloud, 'i1', 's1', makeTools().tools));
  },
  deleteTimeout: () => {
    serverIs('ACTIVE', 'deleting');
    at.http.on('DELETE /v2.1/servers/s1', { status: 204 });
    return failureOf(removeServer(at.cloud, 's1', makeTools().tools));
  },
};

/** The time-outs whose message comes from a command over SSH, which knows its seconds but not the option. */
const REPORTED_BY_SSH: readonly string[] = ['cloudInitTimeout', 'commandTimeout', 'scriptTimeout'];

describe('time-outs', () => {
  test.each(Object.entries(WAITS))(
    'Exceeding %s is an unavailable error that names its option',
    async (name, reach) => {
      const error = await reach();
      expect(error).toBeInstanceOf(ProductError);
      expect(error).toMatchObject({ kind: 'unavailable' });
      if (!REPORTED_BY_SSH.includes(name)) {
        expect(error.message).toMatch(`${timeoutOption(name as keyof Timeouts)} sets the limit`);
      }
    },
  );

  test('Every time-out has a test', () => {
    expect(Object.keys(WAITS).sort()).toEqual(Object.keys(DEFAULT_TIMEOUTS).sort());
  });
});

describe('the state seen last', () => {
  test.each([
    ['serverTimeout', 'last seen: BUILD, spawning'],
    ['bootTimeout', 'last seen: Booting from hard disk'],
    ['sshTimeout', 'last seen: no SSH in this test'],
    ['shutdownTimeout', 'last seen: ACTIVE, powering-off'],
    ['imageTimeout', 'last seen: saving, image_uploading'],
    ['deleteTimeout', 'last seen: ACTIVE'],
  ] as const)('The error of %s contains %s', async (name, message) => {
    expect((await WAITS[name]()).message).toMatch(message);
  });
});

describe('fetchTimeout', () => {
  test('The fetch time-out limits the request for the latest runner version', async () => {
    at.http.on('GET /releases/latest', 'hang');
    const failure = failureOf(resolveRunnerRelease(makeTools().tools, 'x64', ''));
    await at.http.waitFor('GET /releases/latest');
    at.clock.advance(30_000);
    await expect(failure).resolves.toMatchObject({ kind: 'unavailable' });
  });

  test('The fetch time-out limits a script download that stalls, and the error does not contain its URL', async () => {
    at.http.on('GET /script', () => {
      const body = new Readable({ read: () => undefined });
      body.push('#!/bin/sh\n');
      return { body };
    });
    const url = `${at.http.origin}/script?token=url-MARKED`;
    const failure = failureOf(fetchScript(url, makeTools().tools));
    await at.http.waitFor('GET /script');
    at.clock.advance(30_000);
    const error = await failure;
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toMatch('--fetch-timeout');
    expect(error.message).not.toMatch('MARKED');
  });
});
