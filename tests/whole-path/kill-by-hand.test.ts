import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { CancelledError } from '../../src/model/errors.ts';
import { IMAGE, buildArguments, listCompleteImages, listLeaks, useEmulator } from './program-on-emulator.ts';

const PROGRAM = resolve(import.meta.dirname, '../../dist/bin/github-runner-image-builder.js');
const bench = useEmulator();

/** Starts a build without --prefix in a process of its own and kills it when its server exists. */
async function killBuild(): Promise<void> {
  const words = buildArguments(bench.mirror);
  const args = words.filter((word, index) => word !== '--prefix' && words[index - 1] !== '--prefix');
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: bench.folder,
    env: { IMAGE_BUILDER_SSH_PORT: `${bench.emulator.guestPort}` },
    stdio: 'ignore',
  });
  bench.emulator.cloud('a').faults.onNext('GET /compute/v2.1/servers/:id', () => child.kill('SIGKILL'));
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
}

test('A sweep without --prefix deletes what a killed build without --prefix left, and its dry run only shows it', async () => {
  await killBuild();
  const named = (leaks: readonly string[]) => leaks.filter((leak) => !leak.startsWith('a: port')); // made a little later
  const left = named(listLeaks(bench));
  expect(left).toContainEqual(expect.stringMatching(`^a: server ${IMAGE}-image-builder-`));
  const sweep = ['sweep', '--os-cloud', 'builder'];
  const preview = await bench.run([...sweep, '--dry-run']);
  expect(preview.json['would_be_swept']).toEqual([
    expect.stringMatching(`^server ${IMAGE}-image-builder-`),
    expect.stringMatching(`^keypair ${IMAGE}-image-builder-`),
  ]);
  expect(named(listLeaks(bench))).toEqual(left);
  expect((await bench.run([...sweep, '--prefix', 'app'])).json['swept']).toEqual([]);
  expect((await bench.run(sweep)).json['swept']).toEqual(preview.json['would_be_swept']);
  expect(listLeaks(bench)).toEqual([]);
}, 120_000);

test('A build that is stopped while it copies its image prints the id of the image on both outputs', async () => {
  const stop = new AbortController();
  bench.emulator.cloud('b').faults.onNext('PUT /image/v2/images/:id/file', () => {
    stop.abort(new CancelledError('stopped by SIGTERM'));
  });
  const { code, json, err } = await bench.build([], stop.signal);
  const [id = 'none'] = listCompleteImages(bench).a;
  expect(code).toBe(143);
  expect(json).toMatchObject({ image_id: id, error: { kind: 'cancelled' } });
  expect(err).toContain(`the image ${id} was built before the failure and is kept\n`);
  expect(listLeaks(bench)).toEqual([]);
}, 120_000);
