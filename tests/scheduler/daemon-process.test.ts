import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from './support/daemon-fixture.ts';
import { type Call, DaemonHost, MARK, UNIT } from './support/daemon-host.ts';
import { type RealDaemon, readAllWritten, useRealDaemon } from './support/real-daemon.ts';

const NOBLE = 'app-noble-x64';
const program = useRealDaemon();
let host: DaemonHost;
let started: RealDaemon[] = [];

beforeEach(async () => {
  host = await DaemonHost.open();
  started = [];
});
afterEach(async () => {
  for (const daemon of started) await daemon.end('SIGKILL');
  await host.close();
});

function start(args?: readonly string[]): RealDaemon {
  const daemon = program.start(host, args);
  started.push(daemon);
  return daemon;
}

async function untilBuilding(): Promise<number> {
  await until(async () => (await host.calls('build')).length === 1);
  return (await host.calls('build'))[0]?.pid ?? 0;
}

async function untilBuilt(): Promise<void> {
  await until(async () => (await host.built())?.clouds[1]?.images.length === 1);
  await until(async () => (await host.built())?.running.length === 0);
}

async function untilTickedTwice(): Promise<void> {
  const before = await host.dispatches('run');
  await until(async () => (await host.dispatches('run')) >= before + 3);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a daemon that is killed during a build', () => {
  test('A build survives a kill of its daemon, and the next daemon follows it without a second build', async () => {
    await host.put('hold-build');
    const first = start();
    const pid = await untilBuilding();
    await first.end('SIGKILL');
    expect(isAlive(pid)).toBe(true);
    const next = start();
    await untilTickedTwice();
    expect((await host.built())?.running).toMatchObject([
      { kind: 'build', subject: NOBLE, reason: 'never built' },
    ]);
    await host.remove('hold-build');
    await untilBuilt();
    await untilTickedTwice();
    expect(await host.calls('build')).toHaveLength(1);
    const { out } = await next.end('SIGTERM');
    expect(out).toMatch(/"job adopted".*"kind":"build"/);
    expect(out).toMatch(/"job done".*"kind":"build"/);
  });

  test('A build that ends while no daemon runs is recorded by the next daemon from its result file', async () => {
    const requests = [{ action: '42', builds: [{ imageName: NOBLE, buildId: 'asked-1' }] }];
    await host.putDesired({ requests });
    await host.put('hold-build');
    await host.put('fail-build', JSON.stringify({ kind: 'build', type: 'ServerError', message: 'no host' }));
    const first = start();
    const pid = await untilBuilding();
    await first.end('SIGKILL');
    await host.remove('hold-build');
    await until(() => !isAlive(pid));
    start();
    await until(async () => (await host.built())?.answered.includes('42') === true);
    await untilTickedTwice();
    expect(await host.calls('build')).toHaveLength(1);
    expect((await host.built())?.failures).toMatchObject([
      { subject: NOBLE, message: 'no host', attempts: 1 },
    ]);
  });
});

describe('a cloud that hangs', () => {
  const isQuery = ({ order }: Call): boolean => order.kind === 'list' && order.cloudIds.includes('blue');
  const findQuery = async (): Promise<number> => (await host.calls('list')).find(isQuery)?.pid ?? 0;

  beforeEach(async () => {
    await host.addCloud('blue', 'blues');
    const consumers = [{ relationId: 2, unit: 'blue/0', cloudId: 'blue' }, ...host.desired.consumers];
    await host.putDesired({ consumers });
    await host.put('hold-list-blue');
  });

  test('The image of a consumer is built, copied and reported while the cloud of another consumer hangs', async () => {
    start();
    await until(async () => {
      const red = (await host.built())?.clouds.find(({ cloudId }) => cloudId === 'red');
      return red?.images.length === 1;
    });
    expect((await host.calls('list')).filter(isQuery)).toHaveLength(1);
    expect(isAlive(await findQuery())).toBe(true);
    expect((await host.built())?.clouds.map(({ cloudId }) => cloudId)).toEqual(['builder', 'red']);
    await host.remove('hold-list-blue');
    await until(async () => (await host.images('blue')).length === 1);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'The query of a cloud that hangs does not outlive a daemon that %s ends and the next daemon',
    async (signal) => {
      const daemon = start();
      await until(async () => (await findQuery()) !== 0);
      const pid = await findQuery();
      await daemon.end(signal);
      if (signal === 'SIGKILL') start();
      await until(() => !isAlive(pid));
    },
  );
});

describe('a daemon that stops', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'A daemon that receives %s exits with 0 and its job continues',
    async (signal) => {
      await host.put('hold-build');
      const daemon = start();
      const pid = await untilBuilding();
      const { code, err } = await daemon.end(signal);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(isAlive(pid)).toBe(true);
    },
  );

  test('A daemon that stops does not wait for a juju-exec that hangs', async () => {
    await host.scriptJujuExec('hang');
    const daemon = start();
    await until(async () => (await host.dispatches('built')) + (await host.dispatches('run')) > 1);
    const since = performance.now();
    expect((await daemon.end('SIGTERM')).code).toBe(0);
    expect(performance.now() - since).toBeLessThan(20_000);
  });

  test('A daemon that stops has written every line of its log file', async () => {
    const daemon = start();
    await untilBuilt();
    const { out } = await daemon.end('SIGTERM');
    const file = await readFile(join(host.paths.log, 'scheduler.log'), 'utf8');
    expect(file).toBe(out);
    const lines = file
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { message: string });
    expect(lines.at(-1)?.message).toBe('scheduler stopped; running jobs continue');
    expect(lines.filter(({ message }) => message === 'job done')).toHaveLength(2);
  });
});

test('A second daemon of a unit exits with 4 and names the process of the first', async () => {
  const first = start();
  await until(async () => (await host.built()) !== undefined);
  const { code, out } = await start().ended;
  expect(code).toBe(4);
  expect(out).toMatch(`process ${first.child.pid ?? 0} is already running`);
  expect(first.child.exitCode).toBeNull();
});

test('No secret appears in a log, a mailbox, the journal or a command line', async () => {
  await host.put('refuse-red');
  const daemon = start(['--foreground', '--tick-seconds', '1']);
  await until(async () => (await host.built())?.failures.length === 1);
  const { out, err } = await daemon.end('SIGTERM');
  const calls = await host.calls();
  expect(await readFile(host.paths.secrets, 'utf8')).toMatch(`http://u:${MARK}-http@proxy:1`);
  expect(JSON.stringify(calls.map(({ args, env }) => [args, env]))).not.toMatch(MARK);
  expect(`${out}${err}${await readAllWritten(host)}`).not.toMatch(MARK);
});

describe('scheduler plan', () => {
  test('scheduler plan prints the planned jobs with their reasons and starts none', async () => {
    const { code, out } = await start(['plan']).ended;
    expect(code).toBe(0);
    expect(out).toMatch(/^app\/0 at .*, credentials ready\n/);
    expect(out).toMatch('prepare noble: never prepared\n');
    expect((await host.calls()).map(({ command }) => command)).toEqual(['list', 'list']);
    expect(await host.built()).toBeUndefined();
  });

  test('scheduler plan prints the plan as JSON when asked to', async () => {
    const { out } = await start(['plan', '--format', 'json']).ended;
    expect(JSON.parse(out)).toMatchObject({
      unit: UNIT,
      credentials: 'ready',
      plan: [{ act: 'prepare' }, {}],
    });
  });

  test('scheduler plan shows running jobs, and with a clock offset the jobs that are due later', async () => {
    await host.put('hold-build');
    start();
    await untilBuilding();
    expect((await start(['plan']).ended).out).toMatch(/runs: build app-noble-x64 \(\w+\): never built/);
    await host.remove('hold-build');
    await untilBuilt();
    expect((await start(['plan']).ended).out).toMatch(/skip app-noble-x64: fresh until/);
    const { out } = await start(['plan', '--clock-offset-hours', '24']).ended;
    expect(out).toMatch(/prepare noble: interval elapsed: prepared 24 h ago/);
  });

  test('scheduler plan lists the missing files of hooks and exits with 2', async () => {
    await rm(host.paths.desired);
    await rm(host.paths.schedule);
    const { code, err } = await start(['plan']).ended;
    expect(code).toBe(2);
    expect(err).toMatch(/desired.json: the file does not exist[^]*schedule.json: the file does not exist/);
  });
});

describe('the command line', () => {
  test('scheduler --help prints its options', async () => {
    const { code, out } = await start(['--help']).ended;
    expect(code).toBe(0);
    expect(out).toMatch('--clock-offset-hours');
  });

  test('The scheduler exits with 2 for an unknown option', async () => {
    const { code, err } = await start(['--bogus']).ended;
    expect(code).toBe(2);
    expect(err).toMatch(/ERROR: .*--bogus/);
  });

  test('The scheduler exits with 2 for a unit that is not installed', async () => {
    await rm(host.paths.state, { recursive: true });
    const { code, out } = await start().ended;
    expect(code).toBe(2);
    expect(out).toMatch("the charm's install hook creates it");
  });
});
