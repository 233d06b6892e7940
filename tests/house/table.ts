import { readFileSync } from 'node:fs';

/** The cells of the first table in Markdown, without its head. */
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

/** The cells of the first table of a page. */
export function rowsOf(page: string): readonly (readonly string[])[] {
  return parseRows(readFileSync(page, 'utf8'));
}
