import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  type PythonName,
  compileSources,
  isInterfaceLiteral,
  listMissing,
  listUnused,
  readPythonModules,
  typescriptName,
} from './python-names.ts';
import { ROOT } from './run-tool.ts';

const MODULES = readPythonModules();
const NAMES = MODULES.flatMap(({ names }) => names);
const program = compileSources(NAMES.map(({ file }) => file));
const readTest = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const countOf = (count: (name: PythonName) => number): number =>
  NAMES.reduce((sum, name) => sum + count(name), 0);

describe('the names of the Python API', () => {
  test('The table has every documented name, so none is lost', () => {
    const kinds = ['constant', 'function', 'class', 'error'] as const;
    const counts = kinds.map((kind) => [kind, countOf((name) => (name.kind === kind ? 1 : 0))]);
    expect(Object.fromEntries(counts)).toEqual({ constant: 13, function: 20, class: 14, error: 12 });
    expect(countOf(({ parameters = [] }) => parameters.length)).toBe(50);
    expect(countOf(({ fields = [] }) => fields.length)).toBe(65);
  });

  test.each(MODULES)('$title: each name is in its source file', ({ names }) => {
    expect(names.flatMap((name) => listMissing(name, program))).toEqual([]);
  });

  test.each(MODULES)('$title: each name is used by its test file', ({ names }) => {
    expect(names.flatMap((name) => listUnused(name, readTest))).toEqual([]);
  });

  test.each(NAMES.filter((name) => name.kind !== 'class' && !isInterfaceLiteral(name)))(
    '$python of $file exists when the program runs',
    async (name) => {
      const [first = ''] = typescriptName(name).split('.');
      const module = (await import(join(ROOT, name.file))) as Readonly<Record<string, unknown>>;
      expect(module[first]).toBeDefined();
      const type = { constant: /string|number|object/, function: /function/, error: /function/ };
      expect(typeof module[first]).toMatch(type[name.kind as keyof typeof type]);
    },
  );
});

describe('the check of the names', () => {
  const known = NAMES.find(({ python }) => python === 'get_latest_build_id');
  if (known === undefined) throw new Error('unreachable');
  const { file } = known;

  test('A name, a method, a parameter or a field that is gone is a problem', () => {
    const manager = { kind: 'function', file: 'src/runner/openstack-manager.ts', tests: [] } as const;
    const gone: readonly PythonName[] = [
      { ...known, python: 'get_oldest_build_id' },
      { ...known, parameters: ['cloud_name', 'bucket_name'] },
      { ...manager, python: 'OpenstackManager.delete_image' },
      { ...manager, kind: 'class', python: 'UploadImageConfig', fields: ['arch', 'format'] },
      { ...known, file: 'src/nowhere.ts' },
    ];
    expect(gone.flatMap((name) => listMissing(name, program))).toEqual([
      `${file}: no export getOldestBuildId`,
      `${file}: no parameter getLatestBuildId.bucketName`,
      'src/runner/openstack-manager.ts: no method OpenstackManager.deleteImage',
      'src/runner/openstack-manager.ts: no field UploadImageConfig.format',
      'src/nowhere.ts: no export getLatestBuildId',
    ]);
  });

  test.each([
    [
      'imports it without a call',
      `import { getLatestBuildId } from '../../${file}';\nexpect(getLatestBuildId);`,
    ],
    [
      'calls another function of that name',
      'import { getLatestBuildId } from "./own.ts";\ngetLatestBuildId();',
    ],
    ['mentions it in a comment', '// getLatestBuildId()'],
  ])('A test that %s does not use a function', (_what, text) => {
    const name = { ...known, tests: ['tests/image-builder/a.test.ts'] };
    expect(listUnused(name, () => text)).toEqual([
      `tests/image-builder/a.test.ts: getLatestBuildId of ${file} is not imported and used`,
    ]);
  });

  test('A test that imports a type and reads one of its fields does not use the others', () => {
    const name: PythonName = {
      ...{ kind: 'class', python: 'InstanceConfig', file: 'src/runner/instance-config.ts' },
      ...{ tests: ['tests/runner/a.test.ts'], fields: ['name', 'labels'] },
    };
    const text =
      "import type { InstanceConfig } from '../../src/runner/instance-config.ts';\n" +
      'const read = (config: InstanceConfig) => config.name;\nconst labels = 1;\n';
    expect(listUnused(name, () => text)).toEqual([
      'tests/runner/a.test.ts: InstanceConfig.labels is not used',
    ]);
  });
});
