import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');
const SCRIPT = `
  const { spareMemory } = await import('./src/system/process/spare-memory.ts');
  spareMemory();
  process.stdout.write('spared');
`;

test('This Node knows every setting that spares memory', async () => {
  const flags = ['--import', './tools/typescript.js', '--input-type=module', '-e', SCRIPT];
  const { stdout, stderr } = await execa(process.execPath, flags, { cwd: ROOT, env: { NODE_OPTIONS: '' } });
  expect(stdout).toBe('spared');
  expect(stderr).not.toMatch(/flag|option/i);
});
