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

type Handle = (event: CharmEvent, parts: HookParts) => Promise<void> | void;

/** Runs the door with a charm that only does what a test has it do. */
async function enter(
  handle: Handle,
  env: Readonly<Record<string, string | undefined>> = {},
  answer: Answer = {},
) {
  const { run, argv } = scriptAnswers(() => answer);
  let err = '';
  const makeCharm: MakeCharm = (parts) => ({
    handle: async (event) => {
      await handle(event, parts);
    },
  });
  const world = {
    env: { ...HOOK_ENVIRONMENT, JUJU_CHARM_DIR: join(folder, 'charm'), ...env },
    cwd: folder,
    node: '/usr/bin/node',
    runCommand: run,
    writeErr: (text: string) => void (err += text),
  };
  return { code: await runHook(world, makeCharm), err, argv: argv() };
}

const failsWith =
  (error: Error): Handle =>
  () =>
    Promise.reject(error);

describe("the hook's door", () => {
  test('has the charm handle the event that Juju tells of', async () => {
    const events: CharmEvent[] = [];
    const { code, err } = await enter((event) => void events.push(event));
    expect({ code, err, events }).toEqual({
      code: 0,
      err: '',
      events: [{ kind: 'hook', name: 'config-changed' }],
    });
  });

  test("gives the charm its unit's paths under /", async () => {
    const { code } = await enter((_, { host, context }) => {
      expect(context.unitName).toBe('builder/0');
      expect(host).toMatchObject({ node: '/usr/bin/node', charmDir: join(folder, 'charm') });
      expect(host.paths.desired).toBe('/var/lib/builder-0/desired.json');
    });
    expect(code).toBe(0);
  });

  test("gives it those under the root that a file beside the charm's folder names", async () => {
    writeFileSync(join(folder, 'host-root'), '/srv/root\n');
    const { code } = await enter((_, { host }) => {
      expect(host.paths.desired).toBe('/srv/root/var/lib/builder-0/desired.json');
    });
    expect(code).toBe(0);
  });

  test('does nothing under a root that is no absolute path', async () => {
    writeFileSync(join(folder, 'host-root'), 'srv');
    const { code, err, argv } = await enter(() => {
      throw new Error('not reached');
    });
    expect({ code, argv }).toEqual({ code: 1, argv: [] });
    expect(err).toMatch(/host-root: expected an absolute path, got srv/);
  });

  test('has Juju take up all that was logged before it ends', async () => {
    const { argv } = await enter((_, { logger }) => {
      logger.info('one');
      logger.warning('two');
    });
    expect(argv.map((words) => words.at(-1))).toEqual(['one', 'two']);
  });

  test('outside of a hook tells all that is missing', async () => {
    const { code, err } = await enter(() => undefined, { JUJU_UNIT_NAME: '', JUJU_VERSION: undefined });
    expect(code).toBe(1);
    expect(err).toMatch(/JUJU_UNIT_NAME: expected Juju to set it[^]*JUJU_VERSION: expected/);
  });
});

describe('what a charm throws', () => {
  test('fails the hook, with the stack on stderr and those of its causes', async () => {
    const cause = new HookToolError('config-get', 'other', 'config-get: exit code 1');
    const { code, err } = await enter(failsWith(new TypeError('odd', { cause })));
    expect(code).toBe(1);
    expect(err).toMatch(
      /^TypeError: odd\n +at [^]*\ncaused by HookToolError: config-get: exit code 1\n +at /,
    );
  });

  test('fails the hook also when the product expects it: the charm makes a status of what an admin can mend', async () => {
    expect((await enter(failsWith(new InputError(['no'])))).code).toBe(1);
  });

  test('fails an action with its message, if the product expects it, and prints nothing', async () => {
    const { code, err, argv } = await enter(failsWith(new InputError(['no image relation'])), ACTION);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(argv).toEqual([['action-fail', '--', 'no image relation']]);
  });

  test.each([
    ['a bug', new TypeError('odd')],
    ['a hook tool that fails', new HookToolError('relation-set', 'other', 'odd')],
  ])('drops what an action has buffered when it is %s', async (_, error) => {
    const { code, err, argv } = await enter(failsWith(error), ACTION);
    expect({ code, argv }).toEqual({ code: 1, argv: [] });
    expect(err).toMatch('odd');
  });

  test('is told even if Juju takes no log any more', async () => {
    const handle: Handle = (_, { logger }) => {
      logger.info('one');
      throw new Error('odd');
    };
    const { code, err } = await enter(handle, {}, failure('bad request: wrong context ID; got "x"'));
    expect(code).toBe(1);
    expect(err).toMatch('odd');
  });
});
