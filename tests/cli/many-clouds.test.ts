import { beforeEach, describe, expect, test } from '@jest/globals';
import { TOKENS } from '../image-builder/open-store.ts';
import { useClouds } from '../image-builder/use-clouds.ts';
import { compileProgram, runCompiled } from './compiled-program.ts';
import { useProgram } from './run-program.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useClouds();
const program = useProgram(at);
const NAMES = Array.from({ length: 12 }, (_, index) => `c${index}`);

beforeEach(async () => {
  at.source.add({ id: uuidOf('i1'), data: Buffer.alloc(1000), disk_format: 'raw' });
  const others = Object.fromEntries(NAMES.map((name) => [name, at.entry('b')]));
  await program.writeClouds({ source: at.entry('source'), ...others });
  await compileProgram(program.folder);
});

describe('the program as a process', () => {
  test('The program prints no listener warning when it waits for many clouds', async () => {
    at.b.disturb(TOKENS, { heldUntil: at.b.arrivals(TOKENS).reach(NAMES.length) });
    at.b.disturb(TOKENS, { status: 401 });
    const { code, err } = await runCompiled(program.folder, [
      ...['distribute', uuidOf('i1'), '--os-cloud', 'source'],
      ...['--upload-clouds', NAMES.join(',')],
    ]);
    expect(code).toBe(6);
    expect(err).toMatch('401');
    expect(err).not.toMatch('Warning');
  });
});
