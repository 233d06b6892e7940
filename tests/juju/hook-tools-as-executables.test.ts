import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHookTools } from '../../src/juju/create-hook-tools.ts';
import { runBlocking } from '../../src/system/process/run-blocking.ts';
import { HOOK_ENVIRONMENT } from './hook-environment.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hook-tools-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function install(tool: string, script: string): Promise<void> {
  await writeFile(join(folder, tool), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, tool), 0o755);
}

const tools = () => createHookTools(runBlocking, { ...HOOK_ENVIRONMENT, PATH: `${folder}:/usr/bin:/bin` });
const readOutput = () => readFile(join(folder, 'output'), 'utf8');

test("Hook tools are found on the hook's PATH and inherit its environment", async () => {
  await install('config-get', `printf '{"unit": "%s", "home": "%s"}' "$JUJU_UNIT_NAME" "\${HOME-unset}"`);
  expect(await tools().configGet()).toEqual({ unit: 'builder/0', home: 'unset' });
});

test('Relation data of 300 kB reaches relation-set completely on stdin', async () => {
  await install('relation-set', `{ echo "$@"; cat; } > ${folder}/output`);
  const data = { id: 'x'.repeat(300_000), 'snow ☃': '"\n' };
  await tools().relationSet('image:1', data);
  expect(await readOutput()).toBe(`-r image:1 --file -\n${JSON.stringify(data)}`);
});

test('A hook tool that does not read its stdin does not fail', async () => {
  await install('relation-set', 'exit 0');
  await expect(tools().relationSet('image:1', { id: 'x'.repeat(300_000) })).resolves.toBeUndefined();
});

test('Arguments reach the hook tool unchanged, including characters that a shell would interpret', async () => {
  await install('status-set', `printf '%s|' "$@" > ${folder}/output`);
  await tools().statusSet({ name: 'blocked', message: `-x "$(id)" 'ü' *` });
  expect(await readOutput()).toBe(`blocked|--|-x "$(id)" 'ü' *|`);
});

test('A missing hook tool is reported as a program that could not be run', async () => {
  await expect(tools().configGet()).rejects.toThrow('config-get: could not be run (ENOENT)');
});

test('A failure is classified by the stderr of the hook tool', async () => {
  await install('secret-get', 'echo "ERROR permission denied" >&2; exit 1');
  expect(await tools().secretGet('secret:x')).toEqual({ state: 'not granted' });
});
