import { readFileSync } from 'node:fs';

/** Returns the cells of the first table in a Markdown text, without the header. */
export function parseRows(text: string): readonly (readonly string[])[] {
  const [, table = ''] = /(?:^|\n)(\|.*\n(?:\|.*\n?)+)/.exec(text) ?? [];
  const rows = table.trimEnd().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Returns the cells of the first table of a page, without the header. */
export function rowsOf(page: string): readonly (readonly string[])[] {
  return parseRows(readFileSync(page, 'utf8'));
}
