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
const told = () => readFile(join(folder, 'told'), 'utf8');

test("hook tools are found on the hook's PATH, and get its environment", async () => {
  await install('config-get', `printf '{"unit": "%s", "home": "%s"}' "$JUJU_UNIT_NAME" "\${HOME-unset}"`);
  expect(await tools().configGet()).toEqual({ unit: 'builder/0', home: 'unset' });
});

test('relation data arrives on stdin, whole', async () => {
  await install('relation-set', `{ echo "$@"; cat; } > ${folder}/told`);
  const data = { id: 'x'.repeat(300_000), 'snow ☃': '"\n' };
  await tools().relationSet('image:1', data);
  expect(await told()).toBe(`-r image:1 --file -\n${JSON.stringify(data)}`);
});

test('a hook tool that does not read its stdin is no failure', async () => {
  await install('relation-set', 'exit 0');
  await expect(tools().relationSet('image:1', { id: 'x'.repeat(300_000) })).resolves.toBeUndefined();
});

test('words arrive as they are, whatever a shell would make of them', async () => {
  await install('status-set', `printf '%s|' "$@" > ${folder}/told`);
  await tools().statusSet({ name: 'blocked', message: `-x "$(id)" 'ü' *` });
  expect(await told()).toBe(`blocked|--|-x "$(id)" 'ü' *|`);
});

test('a hook tool that is not there is a failure that says so', async () => {
  await expect(tools().configGet()).rejects.toThrow('config-get: could not be run (ENOENT)');
});

test('a failure is told by what the tool said', async () => {
  await install('secret-get', 'echo "ERROR permission denied" >&2; exit 1');
  expect(await tools().secretGet('secret:x')).toEqual({ state: 'not granted' });
});
