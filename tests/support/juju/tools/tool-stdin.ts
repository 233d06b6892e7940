import { readFileSync } from 'node:fs';
import { ToolRefusal } from './tool-options.ts';

/** Thrown when the tool needs its standard input, which the caller then reads before it calls again. */
export class StdinNeeded extends Error {
  override readonly name = 'StdinNeeded';
}

/** Reads the file of `--file`; `-` is the standard input. Throws ToolRefusal, StdinNeeded. */
export function readGivenFile(path: string, stdin: string | undefined): string {
  if (path === '-') {
    if (stdin === undefined) throw new StdinNeeded('hook tool requires stdin, none supplied');
    return stdin;
  }
  if (!path.startsWith('/'))
    throw new ToolRefusal(1, `open ${path}: this double supports absolute paths only`);
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new ToolRefusal(1, `open ${path}: no such file or directory`);
  }
}
