import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { transformFile } from '@swc/core';

/** Compiles a TypeScript file as a build does, but without checking its types. */
export async function compileSource(path: string, target: string): Promise<void> {
  const jsc = {
    target: 'es2023',
    parser: { syntax: 'typescript' },
    rewriteRelativeImportExtensions: true,
  } as const;
  const { code } = await transformFile(path, { jsc, module: { type: 'es6' }, swcrc: false });
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, code);
}
