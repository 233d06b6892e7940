import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { LockHeldError } from '../../src/system/process/process-lock.ts';
import { type TestDaemon, until, useDaemons } from './support/daemon-fixture.ts';

const at = useDaemons();

/** Until an image was built and has arrived. */
async function untilBuilt(daemon: TestDaemon): Promise<void> {
  await daemon.passUntil(() => daemon.done().includes('build app-noble-x64'));
}

describe('the daemon rests, and touches no cloud,', () => {
  test('while no credentials are installed, and works as soon as they are', async () => {
    await rm(at.host.paths.run, { recursive: true });
    const daemon = at.start();
    await until(async () => (await at.host.built())?.idleReason !== undefined);
    await daemon.settle();
    expect((await at.host.built())?.idleReason).toMatch(/waiting for credentials/);
    expect(await at.host.calls()).toEqual([]);
    await at.host.putCredentials(1);
    await untilBuilt(daemon);
  });

  test('while clouds.yaml alone is missing', async () => {
    await rm(at.host.paths.cloudsYaml);
    const daemon = at.start();
    await until(async () => (await at.host.built())?.idleReason !== undefined);
    await daemon.settle();
    expect(await at.host.calls()).toEqual([]);
  });

  test('while the credentials are older than the charm wants', async () => {
    await at.host.putDesired({ credentialsGeneration: 2 });
    const daemon = at.start();
    await until(async () => (await at.host.built())?.idleReason !== undefined);
    expect(await at.host.calls()).toEqual([]);
    await at.host.putCredentials(2);
    await untilBuilt(daemon);
  });

  test('when the credentials vanish, and says so', async () => {
    const daemon = at.start();
    await untilBuilt(daemon);
    await daemon.settle();
    await rm(at.host.paths.secrets);
    await daemon.passUntil(async () => (await at.host.built())?.idleReason !== undefined);
    const before = (await at.host.calls()).length;
    await daemon.settle();
    expect(await at.host.calls()).toHaveLength(before);
    expect((await at.host.built())?.clouds[1]?.images).toHaveLength(1);
  });

  test('while desired.json is not there, and takes it up', async () => {
    await rm(at.host.paths.desired);
    const daemon = at.start();
    await until(() => daemon.told('what hooks left cannot be used').length === 1);
    expect(await at.host.calls()).toEqual([]);
    await at.host.putDesired();
    await untilBuilt(daemon);
  });
});

describe('the daemon survives, and tells of,', () => {
  test('a desired.json that is cut off', async () => {
    const daemon = at.start();
    await untilBuilt(daemon);
    await daemon.settle();
    const before = daemon.rounds();
    await writeFile(at.host.paths.desired, '{"format":1,');
    await daemon.passUntil(() => daemon.rounds() > before);
    await until(() => daemon.told('what hooks left cannot be used').length === 1);
    expect(daemon.told('what hooks left cannot be used')[0]?.fields?.['reason']).toMatch('expected JSON');
    await daemon.settle();
    expect(daemon.told('what hooks left cannot be used')).toHaveLength(1);
  });

  test('a journal that is cut off, and builds nothing again for it', async () => {
    const first = at.start();
    await untilBuilt(first);
    await first.settle();
    await first.stop();
    await writeFile(at.host.paths.journal, '{"format":');
    const daemon = at.start();
    await until(() => daemon.rounds() > 0);
    await daemon.settle();
    expect(daemon.told('journal has unreadable entries: continuing without them')).toHaveLength(1);
    expect(daemon.started()).toEqual([]);
  });

  test('a built.json that is cut off, and writes it anew', async () => {
    await writeFile(at.host.paths.built, '{');
    const daemon = at.start();
    await untilBuilt(daemon);
    await until(async () => (await at.host.built())?.clouds.length === 2);
    expect(daemon.told('built.json was not readable, and is written anew')).toHaveLength(1);
  });

  test('a look at the clouds that fails, and looks again', async () => {
    await at.host.put('fail-list', JSON.stringify({ kind: 'bug', message: 'out of memory' }));
    const daemon = at.start();
    await until(() => daemon.told('the clouds were not seen').length === 1);
    expect(daemon.started()).toEqual([]);
    await at.host.remove('fail-list');
    await daemon.tick();
    await untilBuilt(daemon);
  });

  test('a cloud that refuses one consumer: the others get their images', async () => {
    const consumers = [...at.host.desired.consumers, { relationId: 2, unit: 'blue/0', cloudId: 'blue' }];
    await at.host.putDesired({ consumers });
    const daemon = at.start();
    await untilBuilt(daemon);
    await daemon.settle();
    const built = await at.host.built();
    expect(built?.clouds.find(({ cloudId }) => cloudId === 'blue')?.failure).toMatchObject({
      kind: 'denied',
    });
    expect(built?.clouds.find(({ cloudId }) => cloudId === 'red')?.images).toHaveLength(1);
  });

  test('a job that is gone without a word', async () => {
    await at.host.put('hold-build');
    const daemon = at.start();
    await until(async () => (await at.host.calls('build')).length === 1);
    process.kill((await at.host.calls('build'))[0]?.pid ?? 0, 'SIGKILL');
    await until(async () => (await at.host.built())?.failures.length === 1);
    expect((await at.host.built())?.failures[0]?.message).toMatch('ended without a result');
    expect(daemon.told('job failed')).toHaveLength(1);
  });
});

describe('a unit', () => {
  test('has one daemon: a second one ends, and says who runs', async () => {
    const daemon = at.start();
    await until(() => daemon.rounds() > 0);
    await expect(at.start().ended).rejects.toThrow(LockHeldError);
    await daemon.stop();
    const next = at.start();
    await until(() => next.rounds() > 0);
  });

  test('whose lock was left by a daemon that is dead gets a new one', async () => {
    const lock = join(at.host.paths.state, 'scheduler.lock');
    await writeFile(lock, '0123456789abcdef.4194304.1');
    const daemon = at.start();
    await until(() => daemon.rounds() > 0);
    expect(await readFile(lock, 'utf8')).toMatch(new RegExp(`\\.${process.pid}\\.`));
  });

  test('that is not installed has none', async () => {
    await rm(at.host.paths.state, { recursive: true });
    await expect(at.start().ended).rejects.toThrow(InputError);
  });
});
