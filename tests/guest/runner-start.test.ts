import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  START_JIT_COMMAND,
  WATCH_RUNNER_COMMAND,
  renderStartWithToken,
} from '../../src/guest/runner-start.ts';

const SECRET = 'eyJzZWNyZXQiOiJNQVJLRUQifQ==';
/** Shows what a program of the runner got, and where the secret is at that time. */
const SHOW = String.raw`#!/bin/sh
{
  echo "$0 $*"
  env | grep ^ACTIONS_RUNNER_INPUT
  ls /dev/shm | grep -c "^runner-" || :
} >>"$HOME/seen"
`;
let home = '';
let folder = '';

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'home-'));
  folder = join(home, 'actions-runner');
  await mkdir(folder);
});
afterEach(() => rm(home, { recursive: true }));

async function addProgram(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
  await chmod(join(folder, name), 0o755);
}

/** Runs a command as the SSH server of a guest does. */
async function run(command: string, stdin = ''): Promise<{ readonly code: number; readonly out: string }> {
  const child = spawn('sh', ['-c', command], { env: { HOME: home, PATH: process.env['PATH'] } });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stdin.on('error', () => undefined); // the command may end without reading it
  child.stdin.end(stdin);
  const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? -1)));
  return { code, out };
}

async function untilSeen(lines: number): Promise<readonly string[]> {
  for (let attempt = 0; ; attempt++) {
    const text = await readFile(join(home, 'seen'), 'utf8').catch(() => '');
    const found = text.split('\n').filter((line) => line !== '');
    if (found.length >= lines || attempt > 400) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the start of a runner', () => {
  test('The runner gets its config in the environment, in no argument, and the file is gone by then', async () => {
    await addProgram('run.sh', SHOW);
    expect(await run(START_JIT_COMMAND, `${SECRET}\n`)).toEqual({ code: 0, out: '' });
    expect(await untilSeen(3)).toEqual(['./run.sh ', `ACTIONS_RUNNER_INPUT_JITCONFIG=${SECRET}`, '0']);
    const files = await readdir(folder);
    expect(files.filter((name) => name.startsWith('runner-'))).toEqual([]);
    for (const name of files) expect(await readFile(join(folder, name), 'utf8')).not.toContain(SECRET);
  });

  test('Jobs make files that others can read, as on a runner that a consumer starts', async () => {
    await addProgram('run.sh', '#!/bin/sh\numask >>"$HOME/seen"\n');
    await run(START_JIT_COMMAND, `${SECRET}\n`);
    expect(await untilSeen(1)).toEqual(['0022']);
  });

  test('The config is in a file of mode 0600 until the process of the runner has read it', async () => {
    // The stand-in for setsid stops before the process reads the file.
    const bin = join(home, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'setsid'), `#!/bin/sh\nstat -c '%a %s' "$5" >"$HOME/seen"\nrm -f "$5"\n`);
    await chmod(join(bin, 'setsid'), 0o755);
    await addProgram('run.sh', SHOW);
    await run(`PATH=${bin}:$PATH\n${START_JIT_COMMAND}`, `${SECRET}\n`);
    expect(await untilSeen(1)).toEqual([`600 ${SECRET.length + 1}`]);
  });

  test('A guest without memory for the config is reported, and the config is on no disk', async () => {
    const bin = join(home, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'mktemp'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await addProgram('run.sh', SHOW);
    const { code, out } = await run(`PATH=${bin}:$PATH\n${START_JIT_COMMAND}`, `${SECRET}\n`);
    expect({ code, out }).toEqual({
      ...{ code: 3, out: 'the secret of the runner needs /dev/shm, which cannot be written\n' },
    });
    expect(await readdir(folder)).toEqual(['run.sh']);
  });

  test('A token configures the runner through the environment, and the runner itself does not get it', async () => {
    await addProgram('config.sh', SHOW);
    await addProgram('run.sh', SHOW);
    const registration = { url: 'https://github.com/o', name: "a'b", labels: ['x', 'y'], group: 'my group' };
    await run(renderStartWithToken(registration), `${SECRET}\n`);
    expect(await untilSeen(5)).toEqual([
      "./config.sh --unattended --ephemeral --url https://github.com/o --name a'b --labels x,y --runnergroup my group",
      `ACTIONS_RUNNER_INPUT_TOKEN=${SECRET}`,
      '0',
      './run.sh ',
      '0',
    ]);
  });

  test('An image without a runner is reported, and the config is not stored', async () => {
    expect(await run(START_JIT_COMMAND, SECRET)).toEqual({
      code: 3,
      out: `the image has no runner: ${folder}/run.sh is missing\n`,
    });
    await rm(folder, { recursive: true });
    expect((await run(START_JIT_COMMAND, SECRET)).out).toContain('actions-runner is missing');
  });

  test('The watch succeeds while the runner lives, and then fails with the last lines of its log', async () => {
    await addProgram(
      'run.sh',
      '#!/bin/sh\necho working\nwhile [ ! -e stop ]; do sleep 0.05; done\necho sorry\n',
    );
    await run(START_JIT_COMMAND, SECRET);
    expect((await run(WATCH_RUNNER_COMMAND)).code).toBe(0);
    await writeFile(join(folder, 'stop'), '');
    let watched = await run(WATCH_RUNNER_COMMAND);
    for (let attempt = 0; watched.code === 0 && attempt < 200; attempt++)
      watched = await run(WATCH_RUNNER_COMMAND);
    expect(watched).toEqual({ code: 1, out: 'working\nsorry\n' });
  });
});
