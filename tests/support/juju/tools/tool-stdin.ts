import { readFileSync } from 'node:fs';
import { ToolRefusal } from './tool-options.ts';

/** The tool asks for its standard input: its caller reads that to the end and calls again. */
export class StdinNeeded extends Error {
  override readonly name = 'StdinNeeded';
}

/** What `--file` names: `-` is the standard input. Throws ToolRefusal, StdinNeeded. */
export function readGivenFile(path: string, stdin: string | undefined): string {
  if (path === '-') {
    if (stdin === undefined) throw new StdinNeeded('hook tool requires stdin, none supplied');
    return stdin;
  }
  if (!path.startsWith('/')) throw new ToolRefusal(1, `open ${path}: this double takes absolute paths only`);
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new ToolRefusal(1, `open ${path}: no such file or directory`);
  }
}
