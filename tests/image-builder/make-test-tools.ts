import { afterEach } from '@jest/globals';
import type { BuildFacts, Context } from '../../src/image-builder/context.ts';
import type { ProgressEvent } from '../../src/model/job/progress.ts';
import { Secret } from '../../src/model/secret.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from '../../src/model/job/timeouts.ts';
import { type Http, openHttp } from '../../src/system/http/http.ts';
import { TEST_TRUST } from '../support/test-trust.ts';
import { SshUnreachableError } from '../../src/system/ssh/ssh-errors.ts';
import type { CloudFixture } from '../support/cloud-fixture.ts';

/** A context over a scripted cloud, with the records of its use. */
export interface TestTools {
  readonly tools: Context;
  readonly warnings: readonly string[];
  readonly events: readonly ProgressEvent[];
  readonly facts: () => BuildFacts;
}

export const OWNER = { application: 'builder', modelUuid: 'model-1', unit: 'builder/0', buildId: 'b1' };

/** A public key that Nova accepts. */
export const PUBLIC_KEY = `ssh-ed25519 ${Buffer.from(`\0\0\0\u000bssh-ed25519\0\0\0 ${'k'.repeat(32)}`).toString('base64')}`;

/** Time-outs that are short, but longer than the pauses in tests. */
export const TEST_TIMEOUTS: Timeouts = {
  ...DEFAULT_TIMEOUTS,
  stallTimeout: 20,
  transferTimeout: 120,
  fetchTimeout: 30,
  serverTimeout: 30,
  bootTimeout: 30,
  sshTimeout: 30,
  shutdownTimeout: 30,
  imageTimeout: 30,
  deleteTimeout: 30,
};

/** Creates contexts for the tests of one file. For them the process 'dead' has ended and 'far' runs on another host. */
export function useTestTools(at: CloudFixture): (change?: Partial<Context>) => TestTools {
  const opened: Http[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((http) => http.close()));
  });
  return (change = {}) => {
    const downloads = openHttp({ trust: TEST_TRUST, stallTimeoutMs: 60_000 });
    opened.push(downloads);
    return makeTestTools(at, downloads, change);
  };
}

function makeTestTools(at: CloudFixture, downloads: Http, change: Partial<Context>): TestTools {
  const warnings: string[] = [];
  const events: ProgressEvent[] = [];
  let facts: BuildFacts = {};
  const tools: Context = {
    connect: () => Promise.resolve(at.connection),
    downloads,
    clock: at.clock,
    timeouts: TEST_TIMEOUTS,
    signal: new AbortController().signal,
    owner: OWNER,
    ownerFilter: undefined,
    process: 'own',
    findProcessState: (written) => {
      if (written === 'dead') return 'dead';
      return written === 'far' ? 'elsewhere' : 'alive';
    },
    report: (event) => events.push(event),
    record: (more) => {
      facts = { ...facts, ...more };
    },
    warn: (message) => warnings.push(message),
    generateKeyPair: (comment) => ({
      publicKey: `${PUBLIC_KEY} ${comment}`,
      privateKey: new Secret('key-MARKED'),
    }),
    connectSsh: () => Promise.reject(new SshUnreachableError('no SSH in this test')),
    findSourceAddress: () => Promise.resolve('192.0.2.9'),
    sshPort: 22,
    scriptSecrets: new Map(),
    cloudImagesUrl: `${at.http.origin}/ubuntu`,
    runnerReleasesUrl: `${at.http.origin}/releases`,
    ...change,
  };
  return { tools, warnings, events, facts: () => facts };
}
