import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Place, readPlace } from '../../src/system/process/process-identity.ts';
import { buildArguments, listLeaks, useEmulator } from './program-on-emulator.ts';

const bench = useEmulator();
const PROGRAM = resolve(import.meta.dirname, '../../dist/bin/github-runner-image-builder.js');
const OWNER = ['--owner', JSON.stringify({ application: 'app', model_uuid: 'm', unit: 'app/0' })];
/** Its clock is fast: the default limit of a call is about a second, too short for a busy machine. */
const SWEEP = ['sweep', '--os-cloud', 'builder', '--api-timeout', '600', ...OWNER];
const WITH_SERVER = 'POST /compute/v2.1/servers/:id/action';
const WHILE_UPLOADING = 'PUT /image/v2/images/:id/file';
/** The same machine after a reboot: every process id has another process or none. */
const rebooted = (machine: string): Place => ({ ...readPlace(machine), bootId: 'the next boot\n' });

/** Runs a build in a process of its own on `machine`, and kills it when the cloud has got these requests in turn. */
async function killBuild(
  machine: string,
  [request = '', ...later]: readonly string[],
  more: readonly string[] = [],
): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, ...buildArguments(bench.mirror), ...OWNER, ...more], {
    cwd: bench.folder,
    env: { IMAGE_BUILDER_SSH_PORT: `${bench.emulator.guestPort}`, IMAGE_BUILDER_MACHINE: machine },
    stdio: 'ignore',
  });
  const { faults } = bench.emulator.cloud('a');
  // An image of this size fits into the buffers of a connection and would be complete despite the signal.
  if (request === WHILE_UPLOADING)
    faults.add({ at: WHILE_UPLOADING, times: 1, fault: { stallUpload: 1000 } });
  const killAfter = ([next, ...others]: readonly string[]): unknown =>
    next === undefined ? child.kill('SIGKILL') : faults.onNext(next, () => killAfter(others));
  faults.onNext(request, () => killAfter(later));
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
}

test.each([
  [
    'server, port and keypair',
    WITH_SERVER,
    /^server app-noble-x64-image-builder-\S+ \S+ keypair app-noble-x64-image-builder-\S+$/,
  ],
  ['half-uploaded base image', WHILE_UPLOADING, /^image app-image-builder-base-noble-x64 \S+$/],
])('The %s of a build that a reboot killed is swept after the reboot', async (_what, request, swept) => {
  await killBuild('unit-0', [request]);
  expect(listLeaks(bench)).not.toEqual([]);
  const { code, json, err } = await bench.run(SWEEP, undefined, rebooted('unit-0'));
  expect(err).not.toContain('left behind');
  expect([code, listLeaks(bench)]).toEqual([0, []]);
  expect((json['swept'] as readonly string[]).join(' ')).toMatch(swept);
});

const VOLUME = '/volume/v3/:project/volumes/:id';
const VOLUME_NAME = String.raw`volume app-noble-x64-image-builder-\S+ \S+`;

test.each([
  ['volume', [`GET ${VOLUME}`], `^${VOLUME_NAME} keypair`],
  ['server with its volume', [`GET ${VOLUME}`, WITH_SERVER], `^server .* ${VOLUME_NAME} keypair`],
  [
    'volume with its unfinished image',
    [`POST ${VOLUME}/action`, 'GET /image/v2/images/:id'],
    String.raw`^image app-noble-x64\.building-\S+ \S+ ${VOLUME_NAME} keypair`,
  ],
])('The %s of a build that a reboot killed is swept after the reboot', async (_what, requests, swept) => {
  bench.emulator.cloud('a').addBlockStorage();
  await killBuild('unit-0', requests, ['--flavor', 'lab.diskless']);
  expect(listLeaks(bench).join(' ')).toContain('volume');
  const { code, json, err } = await bench.run(SWEEP, undefined, rebooted('unit-0'));
  expect(err).not.toContain('left behind');
  expect([code, listLeaks(bench)]).toEqual([0, []]);
  expect((json['swept'] as readonly string[]).join(' ')).toMatch(new RegExp(swept));
});

test('A sweep after a reboot keeps what another unit builds at this moment', async () => {
  await killBuild('unit-0', [WITH_SERVER]);
  const leaks = listLeaks(bench).length;
  const other = bench.build(OWNER, undefined, { ...readPlace('unit-1'), bootId: 'its own boot\n' });
  const [swept] = await Promise.all([
    new Promise<readonly unknown[]>((resolve, reject) => {
      bench.emulator.cloud('a').faults.onNext(WITH_SERVER, () => {
        expect(listLeaks(bench)).toHaveLength(2 * leaks);
        bench.run(SWEEP, undefined, rebooted('unit-0')).then(({ json }) => {
          resolve(json['swept'] as readonly unknown[]);
        }, reject);
      });
    }),
    other,
  ]);
  expect(swept).toHaveLength(2);
  const { code, err } = await other;
  expect(code === 0 ? '' : err).toBe('');
  expect(listLeaks(bench)).toEqual([]);
});

test('A sweep keeps the leftovers of a machine that is not known to be the same one', async () => {
  await killBuild('', [WITH_SERVER]);
  const leaks = listLeaks(bench);
  for (const machine of ['', 'unit-0']) await bench.run(SWEEP, undefined, rebooted(machine));
  expect(listLeaks(bench)).toEqual(leaks);
});
