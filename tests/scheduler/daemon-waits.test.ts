import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { LockHeldError } from '../../src/system/process/process-lock.ts';
import { type TestDaemon, until, useDaemons } from './support/daemon-fixture.ts';
import { makeTrial } from '../support/trial.ts';

const at = useDaemons();

/** Waits until an image was built and copied. */
async function untilBuilt(daemon: TestDaemon): Promise<void> {
  await daemon.advanceUntil(() => daemon.done().includes('build app-noble-x64'));
}

describe('a daemon that waits for the charm', () => {
  test('The daemon queries no cloud without credentials, and builds after they are installed', async () => {
    await rm(at.host.paths.run, { recursive: true });
    const daemon = at.start();
    await until(async () => (await at.host.built())?.idleReason !== undefined);
    await daemon.reconcileTwice();
    expect((await at.host.built())?.idleReason).toMatch(/waiting for credentials/);
    expect(await at.host.calls()).toEqual([]);
    await at.host.putCredentials(1);
    await untilBuilt(daemon);
  });

  test('The daemon queries no cloud while only clouds.yaml is missing', async () => {
    await rm(at.host.paths.cloudsYaml);
    const daemon = at.start();
    await until(async () => (await at.host.built())?.idleReason !== undefined);
    await daemon.reconcileTwice();
    expect(await at.host.calls()).toEqual([]);
  });

  test('The daemon queries no cloud while the credentials are older than the charm requires', async () => {
    await at.host.putDesired({ credentialsGeneration: 2 });
    const daemon = at.start();
    await until(async () => (await at.host.built())?.idleReason !== undefined);
    expect(await at.host.calls()).toEqual([]);
    await at.host.putCredentials(2);
    await untilBuilt(daemon);
  });

  test('The daemon queries no cloud after the credentials were removed, and reports the reason', async () => {
    const daemon = at.start();
    await untilBuilt(daemon);
    await daemon.reconcileTwice();
    await rm(at.host.paths.secrets);
    await daemon.advanceUntil(async () => (await at.host.built())?.idleReason !== undefined);
    const before = (await at.host.calls()).length;
    await daemon.reconcileTwice();
    expect(await at.host.calls()).toHaveLength(before);
    expect((await at.host.built())?.clouds[1]?.images).toHaveLength(1);
  });

  test('The daemon queries no cloud without desired.json, and builds after it is written', async () => {
    await rm(at.host.paths.desired);
    const daemon = at.start();
    await until(() => daemon.logged('a file that hooks write cannot be used').length === 1);
    expect(await at.host.calls()).toEqual([]);
    await at.host.putDesired();
    await untilBuilt(daemon);
  });
});

describe('a daemon that meets a failure', () => {
  test('The daemon logs a truncated desired.json once and continues', async () => {
    const daemon = at.start();
    await untilBuilt(daemon);
    await daemon.reconcileTwice();
    const before = daemon.reconcileCount();
    await writeFile(at.host.paths.desired, '{"format":1,');
    await daemon.advanceUntil(() => daemon.reconcileCount() > before);
    await until(() => daemon.logged('a file that hooks write cannot be used').length === 1);
    expect(daemon.logged('a file that hooks write cannot be used')[0]?.fields?.['reason']).toMatch(
      'expected JSON',
    );
    await daemon.reconcileTwice();
    expect(daemon.logged('a file that hooks write cannot be used')).toHaveLength(1);
  });

  test('The daemon replaces a truncated journal without building an image again', async () => {
    const first = at.start();
    await untilBuilt(first);
    await first.reconcileTwice();
    await first.stop();
    await writeFile(at.host.paths.journal, '{"format":');
    const daemon = at.start();
    await until(() => daemon.reconcileCount() > 0);
    await daemon.reconcileTwice();
    expect(daemon.logged('journal has unreadable entries: continuing without them')).toHaveLength(1);
    expect(daemon.started()).toEqual([]);
  });

  test('The daemon replaces a truncated built.json', async () => {
    await writeFile(at.host.paths.built, '{');
    const daemon = at.start();
    await untilBuilt(daemon);
    await until(async () => (await at.host.built())?.clouds.length === 2);
    expect(daemon.logged('built.json could not be read and will be replaced')).toHaveLength(1);
  });

  test('The daemon repeats a failed observation of the clouds at the next tick', async () => {
    await at.host.put('fail-list', JSON.stringify({ kind: 'bug', message: 'out of memory' }));
    const daemon = at.start();
    await until(
      async () => (await at.host.built())?.clouds[0]?.failure?.message.includes('out of memory') === true,
    );
    expect(daemon.started()).toEqual([]);
    await at.host.remove('fail-list');
    await daemon.tick();
    await untilBuilt(daemon);
  });

  test('A cloud that refuses one consumer does not keep the others from their images', async () => {
    const consumers = [...at.host.desired.consumers, { relationId: 2, unit: 'blue/0', cloudId: 'blue' }];
    await at.host.putDesired({ consumers });
    const daemon = at.start();
    await untilBuilt(daemon);
    await daemon.reconcileTwice();
    const built = await at.host.built();
    expect(built?.clouds.find(({ cloudId }) => cloudId === 'blue')?.failure).toMatchObject({
      kind: 'denied',
    });
    expect(built?.clouds.find(({ cloudId }) => cloudId === 'red')?.images).toHaveLength(1);
  });

  test('A job whose process was killed is recorded as failed', async () => {
    await at.host.put('hold-build');
    const daemon = at.start();
    await until(async () => (await at.host.calls('build')).length === 1);
    process.kill((await at.host.calls('build'))[0]?.pid ?? 0, 'SIGKILL');
    await until(async () => (await at.host.built())?.failures.length === 1);
    expect((await at.host.built())?.failures[0]?.message).toMatch('ended without a result');
    expect(daemon.logged('job failed')).toHaveLength(1);
  });

  test('What a killed job left is swept in all clouds at the next reconcile, once', async () => {
    await at.host.put('hold-build');
    const daemon = at.start();
    await until(async () => (await at.host.calls('build')).length === 1);
    await at.host.put('hold-sweep');
    process.kill((await at.host.calls('build'))[0]?.pid ?? 0, 'SIGKILL');
    await until(() => daemon.started().includes('sweep leftovers'));
    await daemon.reconcileTwice();
    await at.host.remove('hold-sweep');
    await daemon.untilDone('sweep leftovers');
    await daemon.reconcileTwice();
    expect(await at.host.calls('sweep')).toMatchObject([
      {
        order: {
          buildCloud: 'builder',
          cloudIds: ['red'],
          reason: `build app-noble-x64 ended without a result`,
        },
      },
    ]);
  });

  test('What a killed trial left is swept, too', async () => {
    const trial = makeTrial({ imageName: 'app-noble-x64' });
    await at.host.put('hold-trial');
    await at.host.putDesired({ jobRequests: [{ kind: 'trial', action: '45', jobId: 'trial-1', trial }] });
    const daemon = at.start();
    await daemon.advanceUntil(async () => (await at.host.calls('trial')).length === 1);
    process.kill((await at.host.calls('trial'))[0]?.pid ?? 0, 'SIGKILL');
    await daemon.advanceUntil(async () => (await at.host.calls('sweep')).length === 1);
    const [sweep] = await at.host.calls('sweep');
    expect(sweep?.order).toMatchObject({
      reason: expect.stringMatching(/^trial .* ended without a result$/),
    });
  });

  test('What a reboot left is swept when the next daemon starts', async () => {
    await at.host.put('hold-build');
    const daemon = at.start();
    await until(async () => (await at.host.calls('build')).length === 1);
    await daemon.stop();
    process.kill((await at.host.calls('build'))[0]?.pid ?? 0, 'SIGKILL');
    const next = at.start();
    await next.untilDone('sweep leftovers');
    await next.reconcileTwice();
    expect(next.started().filter((job) => job === 'sweep leftovers')).toHaveLength(1);
  });
});

describe('a unit', () => {
  test('A second daemon of a unit fails while the first one runs', async () => {
    const daemon = at.start();
    await until(() => daemon.reconcileCount() > 0);
    await expect(at.start().ended).rejects.toThrow(LockHeldError);
    await daemon.stop();
    const next = at.start();
    await until(() => next.reconcileCount() > 0);
  });

  test('A daemon replaces the lock of a dead daemon', async () => {
    const lock = join(at.host.paths.state, 'scheduler.lock');
    await writeFile(lock, '0123456789abcdef.4194304.1');
    const daemon = at.start();
    await until(() => daemon.reconcileCount() > 0);
    expect(await readFile(lock, 'utf8')).toMatch(new RegExp(`\\.${process.pid}\\.`));
  });

  test('A daemon fails for a unit that is not installed', async () => {
    await rm(at.host.paths.state, { recursive: true });
    await expect(at.start().ended).rejects.toThrow(InputError);
  });
});
