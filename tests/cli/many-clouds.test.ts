import { beforeEach, describe, expect, test } from '@jest/globals';
import { TOKENS } from '../support/http-cloud.ts';
import { useScriptedClouds } from '../image-builder/scripted-clouds.ts';
import { compileProgram, runCompiled } from './compiled-program.ts';
import { useProgram } from './run-program.ts';

const at = useScriptedClouds();
const program = useProgram(at);
const NAMES = Array.from({ length: 12 }, (_, index) => `c${index}`);

beforeEach(async () => {
  const data = Buffer.alloc(1000);
  at.source.data.set('i1', data);
  at.source.glance.add({ id: 'i1', size: data.length, disk_format: 'raw', ...at.source.hashesOf(data) });
  const others = Object.fromEntries(NAMES.map((name) => [name, at.a.http.origin]));
  await program.writeClouds({ source: at.source.http.origin, ...others });
  await compileProgram(program.folder);
});

describe('the program as a process', () => {
  test('The program prints no listener warning when it waits for many clouds', async () => {
    at.a.http.on(TOKENS, async () => {
      await at.a.http.waitFor(TOKENS, NAMES.length);
      return { status: 401 };
    });
    const { code, err } = await runCompiled(program.folder, [
      ...['distribute', 'i1', '--os-cloud', 'source'],
      ...['--upload-clouds', NAMES.join(',')],
    ]);
    expect(code).toBe(6);
    expect(err).toMatch('401');
    expect(err).not.toMatch('Warning');
  });
});
