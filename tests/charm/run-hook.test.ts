import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type HookParts, type MakeCharm, runHook } from '../../src/charm/run-hook.ts';
import { HookToolError } from '../../src/juju/errors.ts';
import type { CharmEvent } from '../../src/juju/event.ts';
import { InputError } from '../../src/model/errors.ts';
import { HOOK_ENVIRONMENT } from '../juju/hook-environment.ts';
import { type Answer, failure, scriptAnswers } from '../juju/scripted-tools.ts';

const ACTION = { JUJU_DISPATCH_PATH: 'actions/run', JUJU_ACTION_NAME: 'run', JUJU_ACTION_UUID: '7' };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hook-'));
  mkdirSync(join(folder, 'charm'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

type Dispatch = (event: CharmEvent, parts: HookParts) => Promise<void> | void;

/** Runs the hook with a charm whose dispatch is the given function. */
async function runWith(
  dispatch: Dispatch,
  env: Readonly<Record<string, string | undefined>> = {},
  answer: Answer = {},
) {
  const { run, argv } = scriptAnswers(() => answer);
  let err = '';
  const makeCharm: MakeCharm = (parts) => ({
    dispatch: async (event) => {
      await dispatch(event, parts);
    },
  });
  const hookProcess = {
    env: { ...HOOK_ENVIRONMENT, JUJU_CHARM_DIR: join(folder, 'charm'), ...env },
    cwd: folder,
    node: '/usr/bin/node',
    runCommand: run,
    writeErr: (text: string) => void (err += text),
  };
  return { code: await runHook(hookProcess, makeCharm), err, argv: argv() };
}

const failsWith =
  (error: Error): Dispatch =>
  () =>
    Promise.reject(error);

describe('runHook', () => {
  test('The charm is dispatched with the event in the environment', async () => {
    const events: CharmEvent[] = [];
    const { code, err } = await runWith((event) => void events.push(event));
    expect({ code, err, events }).toEqual({
      code: 0,
      err: '',
      events: [{ kind: 'hook', name: 'config-changed' }],
    });
  });

  test('The paths of the unit are under / by default', async () => {
    const { code } = await runWith((_, { host, context }) => {
      expect(context.unitName).toBe('builder/0');
      expect(host).toMatchObject({ node: '/usr/bin/node', charmDir: join(folder, 'charm') });
      expect(host.paths.desired).toBe('/var/lib/builder-0/desired.json');
    });
    expect(code).toBe(0);
  });

  test("The paths of the unit are under the root that the file host-root next to the charm's folder names", async () => {
    writeFileSync(join(folder, 'host-root'), '/srv/root\n');
    const { code } = await runWith((_, { host }) => {
      expect(host.paths.desired).toBe('/srv/root/var/lib/builder-0/desired.json');
    });
    expect(code).toBe(0);
  });

  test('A host-root that is not an absolute path fails the hook before the charm runs', async () => {
    writeFileSync(join(folder, 'host-root'), 'srv');
    const { code, err, argv } = await runWith(() => {
      throw new Error('not reached');
    });
    expect({ code, argv }).toEqual({ code: 1, argv: [] });
    expect(err).toMatch(/host-root: expected an absolute path, got srv/);
  });

  test('All log lines reach Juju before the hook ends', async () => {
    const { argv } = await runWith((_, { logger }) => {
      logger.info('one');
      logger.warning('two');
    });
    expect(argv.map((words) => words.at(-1))).toEqual(['one', 'two']);
  });

  test('A process outside of a hook reports all missing variables', async () => {
    const { code, err } = await runWith(() => undefined, { JUJU_UNIT_NAME: '', JUJU_VERSION: undefined });
    expect(code).toBe(1);
    expect(err).toMatch(/JUJU_UNIT_NAME: expected Juju to set it[^]*JUJU_VERSION: expected/);
  });
});

describe('an error of the charm', () => {
  test('An error fails the hook and prints its stack and those of its causes on stderr', async () => {
    const cause = new HookToolError('config-get', 'other', 'config-get: exit code 1');
    const { code, err } = await runWith(failsWith(new TypeError('odd', { cause })));
    expect(code).toBe(1);
    expect(err).toMatch(
      /^TypeError: odd\n +at [^]*\ncaused by HookToolError: config-get: exit code 1\n +at /,
    );
  });

  test('A product error fails the hook', async () => {
    expect((await runWith(failsWith(new InputError(['no'])))).code).toBe(1);
  });

  test('A product error fails an action with its message and prints nothing', async () => {
    const { code, err, argv } = await runWith(failsWith(new InputError(['no image relation'])), ACTION);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(argv).toEqual([['action-fail', '--', 'no image relation']]);
  });

  test.each([
    ['a bug', new TypeError('odd')],
    ['a hook tool that fails', new HookToolError('relation-set', 'other', 'odd')],
  ])('The buffered writes of an action are dropped after %s', async (_, error) => {
    const { code, err, argv } = await runWith(failsWith(error), ACTION);
    expect({ code, argv }).toEqual({ code: 1, argv: [] });
    expect(err).toMatch('odd');
  });

  test('An error is printed even if juju-log fails', async () => {
    const dispatch: Dispatch = (_, { logger }) => {
      logger.info('one');
      throw new Error('odd');
    };
    const { code, err } = await runWith(dispatch, {}, failure('bad request: wrong context ID; got "x"'));
    expect(code).toBe(1);
    expect(err).toMatch('odd');
  });
});
