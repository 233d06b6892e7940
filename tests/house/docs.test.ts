import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { unitPaths } from '../../src/model/unit/unit-paths.ts';
import { ROOT } from './run-tool.ts';
import { MAY_IMPORT } from './allowed-imports.ts';
import { parseRows } from './markdown-table.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`),
];

const codeOf = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

describe('docs/architecture.md', () => {
  const text = read('docs/architecture.md');
  const rows = parseRows(text.slice(text.indexOf('## Folders')));
  const rooms = rows.map(([room = '', , others = '']) => ({ room: room.replace(/[`/]/g, ''), others }));

  test('docs/architecture.md names only existing files and folders', () => {
    const named = codeOf(text).filter((code) => /^[\w.-][\w./-]*(\.ts|\/)$/.test(code));
    expect(named.length).toBeGreaterThan(20);
    const exists = (path: string) => existsSync(join(ROOT, path)) || existsSync(join(ROOT, 'src', path));
    expect(named.filter((path) => !exists(path))).toEqual([]);
  });

  test('docs/architecture.md names the files of a unit correctly', () => {
    const known = Object.values(unitPaths('/', 'app/0'));
    const named = codeOf(text).filter((code) => code.includes('/app-0'));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((path) => !known.includes(path))).toEqual([]);
  });

  test('docs/architecture.md lists every folder of src and its allowed imports', () => {
    const isEntryPoint = (room: string) => room === 'bin';
    expect(rooms.map(({ room }) => room).sort()).toEqual(readdirSync(join(ROOT, 'src')).sort());
    for (const { room, others } of rooms.filter(({ room }) => !isEntryPoint(room))) {
      const above = MAY_IMPORT[room]?.filter((other) => other !== 'system' && other !== 'model');
      expect([room, others.split(', ').filter((other) => other !== '')]).toEqual([room, above]);
    }
  });
});

describe('the documentation', () => {
  test.each(PAGES)('%s has no broken links', (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
  });

  test('CONTRIBUTING.md names only existing npm commands', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> };
    const named = codeOf(read('CONTRIBUTING.md')).flatMap(
      (code) => /^npm (?:run )?([a-z0-9]+)$/.exec(code)?.[1] ?? [],
    );
    expect(named.filter((name) => name !== 'ci' && scripts[name] === undefined)).toEqual([]);
  });

  test('the glossary lists each word once, in alphabetical order', () => {
    for (const section of read('docs/glossary.md').split('\n## ').slice(1)) {
      const words = section.split('\n').flatMap((line) => /^- \*\*([^*]+)\*\*/.exec(line)?.[1] ?? []);
      expect(words.length).toBeGreaterThan(5);
      expect(words).toEqual([...new Set(words)].sort());
    }
  });
});

test('docs/how-to/change-it.md names only existing files', () => {
  const named = codeOf(read('docs/how-to/change-it.md')).filter((code) =>
    /^[\w./-]+\/([\w.-]+\.\w+)?$/.test(code),
  );
  expect(named.length).toBeGreaterThan(20);
  const exists = (path: string) => existsSync(join(ROOT, path)) || existsSync(join(ROOT, 'src', path));
  expect(named.filter((path) => !exists(path))).toEqual([]);
});
