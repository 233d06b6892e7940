import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runTool } from '../house/run-tool.ts';
import { HOOK_ENVIRONMENT, NO_HOOK } from '../juju/hook-environment.ts';

let folder = '';
let charm = '';

/** Answers like the hook tools of a unit without config and relations, and records each call. */
const HOOK_TOOL = `#!/bin/sh
tool=$(basename "$0")
echo "$tool $*" >> "$(dirname "$0")/../calls"
case "$tool" in
  config-get) echo '{}' ;;
  relation-ids) echo '[]' ;;
  is-leader) echo true ;;
esac
`;
const TOOLS = [
  'config-get',
  'relation-ids',
  'is-leader',
  'status-set',
  'juju-log',
  'application-version-set',
  'action-fail',
];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hook-process-'));
  charm = join(folder, 'charm');
  await runTool('lay-out-charm', ['--target', charm]);
  mkdirSync(join(folder, 'tools'));
  for (const tool of TOOLS) writeExecutable(join('tools', tool), HOOK_TOOL);
  symlinkSync(process.execPath, join(folder, 'tools/node'));
  mkdirSync(join(folder, 'root'));
  writeFileSync(join(folder, 'host-root'), join(folder, 'root'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  rmSync(join(folder, 'calls'), { force: true });
});

function writeExecutable(path: string, text: string): void {
  writeFileSync(join(folder, path), text);
  chmodSync(join(folder, path), 0o755);
}

interface Change {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly entry?: string;
}

/** Runs the charm as Juju does: in the charm's folder, with no other environment. */
function dispatch({ env = {}, entry = './dispatch' }: Change = {}) {
  const { status, stdout, stderr } = spawnSync(entry, [], {
    cwd: charm,
    encoding: 'utf8',
    env: {
      ...HOOK_ENVIRONMENT,
      CHARM_DIR: charm,
      JUJU_CHARM_DIR: charm,
      PATH: `${join(folder, 'tools')}:/usr/bin:/bin`,
      ...env,
    },
  });
  const path = join(folder, 'calls');
  const calls = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  return { status, stdout, stderr, calls };
}

describe('the charm in a process', () => {
  test('The hook of an unconfigured charm exits with 0 and is blocked', () => {
    const { status, stdout, stderr, calls } = dispatch();
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(calls).toContainEqual(expect.stringMatching(/^status-set blocked -- ./));
  });

  test('The hook scripts dispatch the charm', () => {
    const env = { ...NO_HOOK, JUJU_DISPATCH_PATH: undefined };
    const { status, calls } = dispatch({ entry: './hooks/install', env });
    expect(status).toBe(0);
    expect(calls).toContainEqual(expect.stringMatching(/^application-version-set -- \d+\.\d+\.\d+$/));
  });

  test('The charm can be dispatched through juju-exec', () => {
    const { status, calls } = dispatch({ env: { ...NO_HOOK, JUJU_DISPATCH_PATH: 'hooks/run' } });
    expect(status).toBe(0);
    expect(calls).toContainEqual(expect.stringMatching(/^status-set blocked/));
  });

  test('The hook bundle runs without node_modules and the other files in dist', () => {
    const hidden = join(folder, 'hidden');
    mkdirSync(hidden);
    const parts = ['node_modules', ...readdirSync(join(charm, 'dist')).map((name) => `dist/${name}`)];
    const moved = parts.filter((path) => path !== 'dist/bin');
    expect(moved.length).toBeGreaterThan(5);
    for (const path of moved) renameSync(join(charm, path), join(hidden, path.replace('/', '-')));
    try {
      const { status, stderr, calls } = dispatch();
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(calls).toContainEqual(expect.stringMatching(/^status-set blocked -- ./));
    } finally {
      for (const path of moved) renameSync(join(hidden, path.replace('/', '-')), join(charm, path));
    }
  });

  test('An unknown action fails and prints nothing into its results', () => {
    const { status, stdout, stderr, calls } = dispatch({
      env: {
        JUJU_HOOK_NAME: '',
        JUJU_DISPATCH_PATH: 'actions/no-such',
        JUJU_ACTION_NAME: 'no-such',
        JUJU_ACTION_UUID: '3',
      },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(calls).toContainEqual(expect.stringMatching(/^action-fail -- .*no-such/));
  });

  test('A hook fails with a stack on stderr when a hook tool fails', () => {
    const tools = join(folder, 'broken');
    mkdirSync(tools);
    writeExecutable('broken/config-get', '#!/bin/sh\necho "ERROR connection is shut down" >&2; exit 1\n');
    const env = { PATH: `${tools}:${join(folder, 'tools')}:/usr/bin:/bin` };
    const { status, stdout, stderr } = dispatch({ env });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/HookToolError: config-get --format=json: exit code 1: ERROR connection is shut/);
    expect(stderr).toMatch(/\n +at /);
  });
});

describe('dispatch', () => {
  /** A double of the Node in the charm that prints its environment and arguments. */
  const PRINT_START = '#!/bin/sh\necho "$HOME|$PWD|$*|${JUJU_DISPATCH_PATH-}"\n';
  const startOf = (change: Change) => {
    mkdirSync(join(charm, 'bin'));
    writeExecutable('charm/bin/node', PRINT_START);
    try {
      return dispatch(change).stdout.trim();
    } finally {
      rmSync(join(charm, 'bin'), { recursive: true });
    }
  };

  test('The dispatch script starts the Node in the charm and sets the HOME that Juju leaves out', () => {
    expect(startOf({})).toBe(`/root|${charm}|dist/bin/hook.js|hooks/config-changed`);
  });

  test('The dispatch script keeps a HOME that is set', () => {
    expect(startOf({ env: { HOME: '/home/x' } })).toMatch(/^\/home\/x\|/);
  });

  test('The dispatch script sets the dispatch path only when Juju does not', () => {
    const unnamed = { entry: './hooks/built', env: { JUJU_DISPATCH_PATH: undefined } };
    expect(startOf(unnamed)).toMatch(/\|hooks\/built$/);
    expect(startOf({ entry: './hooks/built' })).toMatch(/\|hooks\/config-changed$/);
  });

  test('The dispatch script names the package to install when there is no Node', () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const { status, stderr } = dispatch({ env: { PATH: empty } });
    expect(status).toBe(127);
    expect(stderr).toMatch(/install Node\.js 20\.20 or newer/);
  });
});
