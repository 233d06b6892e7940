import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

/** What the files of a room may import from. Whoever comes lower in the house is never told of what is above. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  bin: [
    'charm',
    'scheduler',
    'builder',
    'image-builder',
    'runner',
    'guest',
    'openstack',
    'juju',
    'system',
    'model',
  ],
  charm: ['builder', 'juju', 'system', 'model'],
  scheduler: ['builder', 'juju', 'system', 'model'],
  builder: ['system', 'model'],
  'image-builder': ['guest', 'openstack', 'system', 'model'],
  runner: ['guest', 'openstack', 'system', 'model'],
  guest: ['model'],
  openstack: ['system', 'model'],
  juju: ['system', 'model'],
  system: ['model'],
  model: [],
};

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

describe('the house', () => {
  test('imports go down its list of rooms and never up', () => {
    const wrong = inner.filter(({ from, to }) => {
      const [room, target] = [roomOf(from), roomOf(to)];
      return room !== target && MAY_IMPORT[room]?.includes(target) !== true;
    });
    expect(wrong).toEqual([]);
  });

  test('every file stands in a room', () => {
    expect(files.filter((file) => MAY_IMPORT[roomOf(file)] === undefined)).toEqual([]);
  });

  test('every relative import leads to a file', () => {
    const files = outer.filter(({ to }) => to.endsWith('.ts') && !to.startsWith('node:'));
    expect(files).toEqual([]);
  });

  test('no files import one another in a circle', () => {
    expect(findCycle(inner)).toBeUndefined();
    expect(
      findCycle([
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ]),
    ).toEqual(['a', 'b', 'a']);
  });

  test('the model imports nothing from outside', () => {
    expect(outer.filter(({ from }) => roomOf(from) === 'model')).toEqual([]);
  });

  test('each runtime package is imported by one file', () => {
    const packages = outer.filter(({ to }) => !to.startsWith('node:'));
    const importers = new Map<string, Set<string>>();
    for (const { from, to } of packages) {
      const name = packageOf(to);
      importers.set(name, (importers.get(name) ?? new Set()).add(from));
    }
    expect([...importers].filter(([, by]) => by.size > 1).map(([name, by]) => [name, [...by]])).toEqual([]);
  });
});
