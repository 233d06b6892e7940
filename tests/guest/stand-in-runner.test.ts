import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { START_JIT_COMMAND } from '../../src/guest/runner-start.ts';
import { type GithubEmulator, startGithub } from '../support/github/emulator.ts';

const STAND_IN = join(import.meta.dirname, '../support/github/stand-in-runner.sh');

let home = '';
let github: GithubEmulator;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'home-'));
  github = await startGithub();
  const folder = join(home, 'actions-runner');
  await mkdir(folder);
  await writeFile(join(folder, 'run.sh'), await readFile(STAND_IN));
  await chmod(join(folder, 'run.sh'), 0o755);
});
afterEach(async () => {
  await github.close();
  await rm(home, { recursive: true });
});

/** Registers a runner and returns its just-in-time config. */
async function register(name: string): Promise<string> {
  const response = await fetch(`${github.apiUrl}/repos/octo-org/hello/actions/runners/generate-jitconfig`, {
    method: 'POST',
    headers: { authorization: `Bearer ${github.token}` },
    body: JSON.stringify({ name, labels: [name], runner_group_id: 1 }),
  });
  return ((await response.json()) as { readonly encoded_jit_config: string }).encoded_jit_config;
}

/** Runs the start command as the SSH server of a guest does. */
async function start(config: string): Promise<void> {
  const child = spawn('sh', ['-c', START_JIT_COMMAND], { env: { HOME: home, PATH: process.env['PATH'] } });
  child.stdin.end(`${config}\n`);
  await new Promise((resolve) => child.on('close', resolve));
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let attempt = 0; !isTrue() && attempt < 400; attempt++)
    await new Promise((resolve) => setTimeout(resolve, 25));
}

describe('the stand-in for the runner in guests', () => {
  test.each([
    ['success', 'touch "$HOME/ran"'],
    ['failure', 'touch "$HOME/ran"; exit 3'],
  ])('A started runner goes online, becomes busy, and ends its job with %s', async (conclusion, script) => {
    await start(await register('one'));
    await until(() => github.repo.runners[0]?.status === 'online');
    expect(github.repo.runners).toMatchObject([{ name: 'one', status: 'online', busy: false }]);
    expect(github.state.leaks).toEqual(['none']);
    github.state.workflows.push({
      ...{ path: 'repos/octo-org/hello', file: 'trial.yml', inputs: [], ends: { script } },
      runs: [
        {
          ...{ id: 1, jobId: 2, createdAt: 0, label: 'one', status: 'queued', conclusion: null },
          ...{ startedAt: null, completedAt: null, isCancelled: false, age: 0, runner: undefined },
        },
      ],
    });
    const runs = github.state.workflows[0]?.runs ?? [];
    await until(() => runs[0]?.status === 'completed');
    expect(runs).toMatchObject([{ status: 'completed', conclusion, runner: { name: 'one', busy: true } }]);
    expect(await readFile(join(home, 'ran'), 'utf8')).toBe('');
    expect(github.names()).toEqual([]);
  });

  test('A config that was used before is refused', async () => {
    const config = await register('one');
    expect(github.connect(config)).toBe(true);
    await start(config);
    const log = join(home, 'actions-runner/launch.log');
    let seen = '';
    for (let attempt = 0; !seen.includes('refused') && attempt < 200; attempt++) {
      seen = await readFile(log, 'utf8');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(seen).toContain('the config was refused');
    expect(seen).not.toContain(config);
    expect(github.state.leaks).toEqual([]);
  });
});
