import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** A fenced code block of a page. */
export interface CodeBlock {
  /** The heading above the block, without `#`. */
  readonly heading: string;
  readonly language: string;
  readonly text: string;
}

/** Lists the fenced code blocks of a page, in their order. */
export function listCodeBlocks(page: string): readonly CodeBlock[] {
  const blocks: { heading: string; language: string; text: string }[] = [];
  let heading = '';
  let isOpen = false;
  for (const line of readFileSync(resolve(ROOT, page), 'utf8').split('\n')) {
    const [, language] = /^```(\w*)$/.exec(line) ?? [];
    if (language !== undefined) {
      isOpen = !isOpen;
      if (isOpen) blocks.push({ heading, language, text: '' });
    } else if (isOpen) {
      const last = blocks.at(-1);
      if (last !== undefined) last.text += `${line}\n`;
    } else if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
  }
  return blocks;
}

/** Joins lines that end with a backslash, and leaves out comments and empty lines. */
export function listCommands(text: string): readonly string[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/ +# .*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
