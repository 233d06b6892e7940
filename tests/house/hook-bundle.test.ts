import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './run-tool.ts';

/** The part of esbuild's account that these tests read. */
interface Account {
  readonly outputs: Readonly<
    Record<
      string,
      {
        readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
        readonly imports: readonly { readonly path: string }[];
      }
    >
  >;
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const account = JSON.parse(read('dist/bundle/hook.meta.json')) as Account;
const output = account.outputs['dist/bundle/hook.js'];
const inputs = Object.entries(output?.inputs ?? {})
  .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  .map(([path]) => path);

const packageOf = (path: string): readonly string[] =>
  /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.slice(1) ?? [];

describe('the bundle of the hook', () => {
  test('contains js-yaml and node-cron, which checks build-schedule, and no other package', () => {
    expect(new Set(inputs.flatMap(packageOf))).toEqual(new Set(['js-yaml', 'node-cron']));
  });

  test('names no further package in the text that the charm carries', () => {
    const text = read('dist/charm/dist/bin/hook.js');
    expect(text).toBe(read('dist/bundle/hook.js'));
    const named = [...text.matchAll(/^ *\/\/ (\S*node_modules\/\S+)$/gm)].map(([, path = '']) => path);
    expect(new Set(named.flatMap(packageOf))).toEqual(new Set(['js-yaml', 'node-cron']));
  });

  test('imports modules of Node only', () => {
    const imported = (output?.imports ?? []).map(({ path }) => path.replace(/^node:/, ''));
    expect(imported.length).toBeGreaterThan(0);
    expect(imported.filter((path) => !builtinModules.includes(path))).toEqual([]);
  });

  test('contains the charm and nothing of the daemon, the program or the clouds', () => {
    const rooms = new Set(inputs.flatMap((path) => /^dist\/compiled\/([^/]+)\//.exec(path)?.slice(1) ?? []));
    expect([...rooms].sort()).toEqual(['bin', 'builder', 'charm', 'juju', 'model', 'system']);
  });

  test('uses no compile cache, whose default folder every user can write to', () => {
    const started = read('hooks/dispatch') + read('dist/bundle/hook.js');
    expect(started).not.toMatch(/enableCompileCache|NODE_COMPILE_CACHE/);
  });
});
