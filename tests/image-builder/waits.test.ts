import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ensureBaseImage } from '../../src/image-builder/base-images/base-images.ts';
import { runScript } from '../../src/image-builder/build/guest/external-script.ts';
import {
  type Guest,
  checkGuest,
  waitForCloudInit,
} from '../../src/image-builder/build/guest/guest-session.ts';
import { installParts } from '../../src/image-builder/build/guest/install-parts.ts';
import {
  connectGuest,
  waitForHostKeys,
  waitForServer,
} from '../../src/image-builder/build/guest/reach-guest.ts';
import { removeServer } from '../../src/image-builder/build/remove-server.ts';
import { waitForServerImage } from '../../src/image-builder/build/server-image.ts';
import type { Context } from '../../src/image-builder/context.ts';
import { ProductError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/job/timeouts.ts';
import { listFlavors } from '../../src/openstack/flavors.ts';
import { QCOW2_MAGIC } from '../../src/model/image/disk-format.ts';
import { SshTimeoutError } from '../../src/system/ssh/ssh-errors.ts';
import type { SshCommand } from '../../src/system/ssh/ssh.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import type { Arrivals } from '../support/openstack/count-arrivals.ts';
import { failToGoOnline } from './fail-to-go-online.ts';
import { TEST_TIMEOUTS, useTestTools } from './make-test-tools.ts';
import { PUT } from './open-store.ts';
import { useEmulator } from './use-emulator.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const FLAVORS = 'GET /compute/v2.1/flavors/detail';
const SUMS = 'GET /ubuntu/noble/current/SHA256SUMS';
const FILE = 'GET /ubuntu/noble/current/noble-server-cloudimg-amd64.img';

/** Adds a server that stays in its state. */
const serverIs = (status: string, taskState?: string, console = '') => {
  at.openstack.addServer({
    id: uuidOf('s1'),
    status,
    console,
    ...(taskState === undefined ? {} : { taskState }),
  });
};

/** A transfer that never ends, and the warnings about its attempts. */
interface Transfer {
  readonly failure: Promise<Error>;
  readonly warnings: readonly string[];
  /** The uploads into Glance that have begun. */
  readonly uploads: Arrivals;
}

/** Starts a download whose body is `body`. */
function startTransfer(body: () => Readable, timeouts: Partial<Timeouts>): Transfer {
  const uploads = at.arrivals(PUT);
  at.http.on(SUMS, { body: `${'a'.repeat(64)} *noble-server-cloudimg-amd64.img\n` });
  at.http.on(FILE, () => ({ headers: { 'content-length': '100000000' }, body: body() }));
  const { tools, warnings } = makeTools({ timeouts: { ...TEST_TIMEOUTS, ...timeouts } });
  const request = { base: 'noble', arch: 'x64', baseRelease: '', prefix: '' } as const;
  return { failure: failureOf(ensureBaseImage(at.cloud, request, tools)), warnings, uploads };
}

/** Advances the clock only during attempts, because the requests between two attempts have their own deadlines. */
async function passTime({ failure, warnings, uploads }: Transfer, step: number): Promise<Error> {
  const over = new AbortController();
  void failure.then(() => over.abort());
  const isOver = (): boolean => over.signal.aborted;
  for (let nth = 1; !isOver(); nth++) {
    await Promise.race([uploads.reach(nth), failure]);
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
  const parts = [{ name: 'users', script: '', check: '' }];
  return { cloud: at.cloud, serverId: uuidOf('s1'), parts, session: { run, close: () => undefined } };
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
    at.disturb(FLAVORS, 'hang');
    const requests = at.arrivals(FLAVORS);
    const failure = failureOf(listFlavors(at.cloud));
    for (const nth of [1, 2]) {
      await requests.reach(nth);
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
    return failureOf(waitForServer(at.cloud, uuidOf('s1'), 'ACTIVE', makeTools().tools));
  },
  bootTimeout: () => {
    serverIs('ACTIVE', undefined, 'Booting from hard disk');
    return failureOf(waitForHostKeys(at.cloud, uuidOf('s1'), makeTools().tools));
  },
  sshTimeout: () => {
    const server = { id: uuidOf('s1'), addresses: ['192.0.2.1', '192.0.2.2'] };
    const keys = { hostKeyFingerprints: ['SHA256:x'], privateKey: new Secret('') };
    return failureOf(connectGuest(at.cloud, server, keys, makeTools().tools));
  },
  cloudInitTimeout: () => expectOwnTimeout('cloudInitTimeout', waitForCloudInit),
  partsTimeout: () => expectOwnTimeout('partsTimeout', installParts),
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
    return failureOf(waitForServer(at.cloud, uuidOf('s1'), 'SHUTOFF', makeTools().tools));
  },
  imageTimeout: () => {
    serverIs('SHUTOFF', 'image_uploading');
    at.add({ id: uuidOf('i1'), status: 'saving' });
    return failureOf(waitForServerImage(at.cloud, uuidOf('i1'), uuidOf('s1'), makeTools().tools));
  },
  deleteTimeout: () => {
    serverIs('ACTIVE', 'deleting');
    at.disturb(`DELETE /compute/v2.1/servers/${uuidOf('s1')}`, { status: 204 });
    return failureOf(removeServer(at.cloud, uuidOf('s1'), makeTools().tools));
  },
  onlineTimeout: () => failToGoOnline(at, makeTools().tools),
};

/** The time-outs whose message comes from a command over SSH, which knows its seconds but not the option. */
const REPORTED_BY_SSH: readonly string[] = [
  'cloudInitTimeout',
  'partsTimeout',
  'commandTimeout',
  'scriptTimeout',
];

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
    ['sshTimeout', ': --builder-ssh-cidr: add the network of this machine'],
    ['shutdownTimeout', 'last seen: ACTIVE, powering-off'],
    ['imageTimeout', 'last seen: saving'],
    ['deleteTimeout', 'last seen: ACTIVE'],
    ['onlineTimeout', 'last seen: offline'],
  ] as const)('The error of %s contains %s', async (name, message) => {
    expect((await WAITS[name]()).message).toMatch(message);
  });
});
