import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseProgramArguments } from '../../../src/builder/jobs/job-processes.ts';
import { PROGRAM_FILE } from '../../../src/builder/host/programs.ts';
import { encodeJobArguments } from '../../../src/model/job/job-arguments.ts';
import { createLogger } from '../../../src/system/log/logger.ts';
import { runCommand, startDetached } from '../../../src/system/process/command.ts';
import { openScopes } from '../../../src/system/process/scopes.ts';
import { buildOrder } from '../../builder/support/jobs.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Becomes the program after its options, as systemd-run does with --scope. */
const SYSTEMD_RUN = `#!/bin/sh
echo "$*" >> "$0.calls"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
`;

/** The message of systemd-run where another program is the init process. */
const REFUSAL = "System has not been booted with systemd as init system (PID 1). Can't operate.";

let folder: string;
let systemdRun: string;
let log: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scopes-'));
  systemdRun = join(folder, 'systemd-run');
  log = [];
});

afterEach(() => rm(folder, { recursive: true }));

const openLimited = () => {
  const write = (line: string): void => void log.push(line);
  const logger = createLogger({ level: 'info', format: 'json', clock: new ManualClock(), write });
  return openScopes(1024, { systemdRun, run: runCommand, logger });
};

test('A job becomes a program in a scope with a memory limit, and keeps its pid, folder and descriptors', async () => {
  await writeFile(systemdRun, SYSTEMD_RUN, { mode: 0o755 });
  const limit = await openLimited();
  await writeFile(join(folder, 'secrets'), 'hidden');
  const [secrets, out] = [await open(join(folder, 'secrets')), await open(join(folder, 'out'), 'w')];
  const script = 'echo "$$ $(pwd) $(cat <&3)"';
  const { pid, ended } = startDetached(
    limit({
      ...{ file: '/bin/sh', args: ['-c', script], env: { PATH: '/usr/bin:/bin' }, cwd: folder },
      ...{ stdout: out.fd, stderr: out.fd, inherited: [secrets.fd] },
    }),
  );
  await ended;
  for (const handle of [secrets, out]) await handle.close();
  expect(await readFile(join(folder, 'out'), 'utf8')).toBe(`${pid} ${folder} hidden\n`);
  expect((await readFile(`${systemdRun}.calls`, 'utf8')).split('\n')).toEqual([
    expect.stringMatching(/^--scope --quiet --collect -p MemoryMax=1024M -- \/bin\/sh -c .* \d+$/),
    `--scope --quiet --collect -p MemoryMax=1024M -- /bin/sh -c ${script}`,
    '',
  ]);
  expect(log).toEqual([]);
});

test.each([
  ['is not installed', undefined, 'could not be run'],
  ['starts a child instead', SYSTEMD_RUN.replace('exec "$@"', '"$@"'), 'does not become the program'],
  ['closes descriptors', SYSTEMD_RUN.replace('exec "$@"', 'exec "$@" 3<&-'), '3: Bad file descriptor'],
  ['does not reach systemd', `#!/bin/sh\necho "${REFUSAL}" >&2\nexit 1\n`, REFUSAL],
])('Where systemd-run %s, jobs run without a limit and the log has one line', async (_what, text, reason) => {
  if (text !== undefined) await writeFile(systemdRun, text, { mode: 0o755 });
  const limit = await openLimited();
  const request = { file: '/bin/true', args: [], env: {}, cwd: '/', stdout: 1, stderr: 2, inherited: [] };
  expect(limit(request)).toBe(request);
  expect(log).toEqual([expect.stringContaining('jobs run without a memory limit')]);
  expect(log[0]).toContain(reason);
});

test('A job is recognised while systemd-run has not become its program yet', async () => {
  await writeFile(systemdRun, SYSTEMD_RUN, { mode: 0o755 });
  const limit = await openLimited();
  const order = buildOrder();
  const args = [`/programs/1/${PROGRAM_FILE}`, ...encodeJobArguments(order)];
  const request = { file: '/node', args, env: {}, cwd: '/', stdout: 1, stderr: 2, inherited: [] };
  const limited = limit(request);
  const named = parseProgramArguments(['/node', ...args], '/programs');
  expect(named).toMatchObject({ kind: 'build', buildId: order.id });
  expect(parseProgramArguments([limited.file, ...limited.args], '/programs')).toEqual(named);
});
