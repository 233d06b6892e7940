import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { MAY_IMPORT } from './rooms.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

/** Which file speaks to a runtime package; the rest of the house speaks to that file. */
const SPEAKS_TO: Readonly<Record<string, string>> = {
  commander: 'bin/image-builder/declare-commands.ts',
  execa: 'system/command.ts',
  'js-yaml': 'system/yaml.ts',
  'node-cron': 'scheduler/ticks.ts',
  pkgcloud: 'openstack/transport.ts',
  ssh2: 'system/ssh2.ts',
  undici: 'system/http.ts',
  winston: 'system/logger.ts',
  'winston-transport': 'system/logger.ts',
};

/** What of Node leads out of the process; only walls have it. */
const WAYS_OUT = ['child_process', 'cluster', 'dgram', 'dns', 'http', 'http2', 'https', 'net', 'tls'];

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

  test('the model imports nothing from outside, and what is pure nothing of Node', () => {
    expect(outer.filter(({ from }) => roomOf(from) === 'model')).toEqual([]);
    expect(outer.filter(({ from }) => roomOf(from) === 'guest')).toEqual([]);
  });

  test('only walls reach other processes and the network', () => {
    const modules = WAYS_OUT.flatMap((name) => [`node:${name}`, `node:${name}/promises`]);
    const rooms = outer.filter(({ to }) => modules.includes(to)).map(({ from }) => roomOf(from));
    expect(rooms.filter((room) => room !== 'system' && room !== 'openstack')).toEqual([]);
  });

  test('nothing of tests, benchmarks or tools is in the program', () => {
    expect(imports.filter(({ to }) => to.startsWith('..'))).toEqual([]);
  });

  test('each runtime package is imported by one file, and each that is imported is pinned', () => {
    const packages = outer.filter(({ to }) => !to.startsWith('node:'));
    const pairs = new Set(packages.map(({ from, to }) => `${packageOf(to)} ${from}`));
    expect([...pairs].sort()).toEqual(Object.entries(SPEAKS_TO).map((pair) => pair.join(' ')));
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const own = Object.entries(dependencies).filter(([, version]) => !version.startsWith('file:'));
    expect(own.map(([name]) => name).sort()).toEqual(Object.keys(SPEAKS_TO));
    expect(own.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});
