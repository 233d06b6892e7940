import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { MAY_IMPORT } from './allowed-imports.ts';
import { parseRows } from './markdown-table.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

/** Maps each runtime package to the only file that may import it. */
const IMPORTED_BY: Readonly<Record<string, string>> = {
  commander: 'cli/declare-commands.ts',
  execa: 'system/process/command.ts',
  'js-yaml': 'system/yaml.ts',
  'node-cron': 'system/cron.ts',
  pkgcloud: 'openstack/api/transport.ts',
  ssh2: 'system/ssh/ssh2.ts',
  undici: 'system/http/http.ts',
  winston: 'system/log/logger.ts',
  'winston-transport': 'system/log/logger.ts',
};

/** The Node modules that reach the network or other processes. */
const OUTSIDE_MODULES = ['child_process', 'cluster', 'dgram', 'dns', 'http', 'http2', 'https', 'net', 'tls'];

interface Import {
  readonly from: string;
  readonly to: string;
}

function listFiles(): readonly string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .sort();
}

function listImports(files: readonly string[]): readonly Import[] {
  return files.flatMap((from) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(SRC, from), 'utf8'), true, true);
    return importedFiles.map(({ fileName }) => {
      const to = fileName.startsWith('.') ? relative(SRC, resolve(SRC, dirname(from), fileName)) : fileName;
      return { from, to };
    });
  });
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function findCycle(imports: readonly Import[]): readonly string[] | undefined {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const to of next.get(file) ?? []) {
      const cycle = visit(to, [...trail, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const files = listFiles();
const imports = listImports(files);
const inner = imports.filter(({ to }) => files.includes(to));
const outer = imports.filter(({ to }) => !files.includes(to));

describe('the imports of src', () => {
  test('imports lead only to lower folders', () => {
    const wrong = inner.filter(({ from, to }) => {
      const [room, target] = [roomOf(from), roomOf(to)];
      return room !== target && MAY_IMPORT[room]?.includes(target) !== true;
    });
    expect(wrong).toEqual([]);
  });

  test('every file is in a known folder', () => {
    expect(files.filter((file) => MAY_IMPORT[roomOf(file)] === undefined)).toEqual([]);
  });

  test('every chapter of a folder is in the table of docs/architecture.md, and the other way round', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const rows = parseRows(page.slice(page.indexOf('## Folders')));
    const listed = rows.flatMap(([folder = '', , , chapters = '']) =>
      (chapters === '' ? [] : chapters.split(', ')).map((chapter) => folder.replaceAll('`', '') + chapter),
    );
    const folders = files.map((file) => file.split('/').slice(0, -1)).filter(({ length }) => length > 1);
    const found = new Set(folders.map((path) => path.slice(0, 2).join('/')));
    expect([...found].sort()).toEqual([...listed].sort());
  });

  test('every relative import resolves to a file', () => {
    const files = outer.filter(({ to }) => to.endsWith('.ts') && !to.startsWith('node:'));
    expect(files).toEqual([]);
  });

  test('the imports have no cycle', () => {
    expect(findCycle(inner)).toBeUndefined();
    expect(
      findCycle([
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ]),
    ).toEqual(['a', 'b', 'a']);
  });

  test('model and guest import no package and no Node module', () => {
    expect(outer.filter(({ from }) => roomOf(from) === 'model')).toEqual([]);
    expect(outer.filter(({ from }) => roomOf(from) === 'guest')).toEqual([]);
  });

  test('only system and openstack use the network and other processes', () => {
    const modules = OUTSIDE_MODULES.flatMap((name) => [`node:${name}`, `node:${name}/promises`]);
    const rooms = outer.filter(({ to }) => modules.includes(to)).map(({ from }) => roomOf(from));
    expect(rooms.filter((room) => room !== 'system' && room !== 'openstack')).toEqual([]);
  });

  test('the program imports nothing from tests, benchmarks or tools', () => {
    expect(imports.filter(({ to }) => to.startsWith('..'))).toEqual([]);
  });

  test('each runtime package is imported by one file and pinned to one version', () => {
    const packages = outer.filter(({ to }) => !to.startsWith('node:'));
    const pairs = new Set(packages.map(({ from, to }) => `${packageOf(to)} ${from}`));
    expect([...pairs].sort()).toEqual(Object.entries(IMPORTED_BY).map((pair) => pair.join(' ')));
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const own = Object.entries(dependencies).filter(([, version]) => !version.startsWith('file:'));
    expect(own.map(([name]) => name).sort()).toEqual(Object.keys(IMPORTED_BY));
    expect(own.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});
