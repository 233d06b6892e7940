import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HOOK_NAMES, OWN_EVENTS, RELATION_CHANGES } from '../../src/juju/event.ts';
import { parseYaml } from '../../src/system/yaml.ts';
import { parseCharm } from '../support/juju/charm/charm-files.ts';
import { MACHINE, ROOT, elfOf, isNeverLoaded, listModes, readDigest, runTool } from './run-tool.ts';

let folder = '';
let charm = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'charm-layout-'));
  charm = join(folder, 'charm');
  await runTool('lay-out-charm', ['--target', charm]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const textOf = (path: string): string => readFileSync(join(charm, path), 'utf8');
const jsonOf = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Record<string, object>;
const lockedPackages = () =>
  Object.entries(jsonOf('package-lock.json')['packages'] as Record<string, { dev?: true; optional?: true }>);

describe('the laid-out charm', () => {
  test('the charm contains exactly the listed files and folders', () => {
    expect(readdirSync(charm).sort()).toEqual([
      'LICENSE',
      'actions.yaml',
      'config.yaml',
      'dispatch',
      'dist',
      'hooks',
      'icon.svg',
      'manifest.yaml',
      'metadata.yaml',
      'node_modules',
      'package.json',
      'program-digest',
      'version',
    ]);
  });

  test('every event that the charm handles has a hook entry that links to dispatch', () => {
    const metadata = parseYaml(textOf('metadata.yaml')) as Readonly<Record<'provides' | 'peers', object>>;
    const changesOf = (endpoints: object, names: readonly string[]): readonly string[] =>
      Object.keys(endpoints).flatMap((endpoint) => names.map((change) => `${endpoint}-relation-${change}`));
    const changes = [
      ...changesOf(metadata.provides, RELATION_CHANGES),
      // Juju runs no relation-broken for a peer relation
      ...changesOf(
        metadata.peers,
        RELATION_CHANGES.filter((change) => change !== 'broken'),
      ),
    ];
    const entries = readdirSync(join(charm, 'hooks'));
    expect(entries.sort()).toEqual([...HOOK_NAMES, ...changes, ...OWN_EVENTS].sort());
    const targets = entries.map((entry) => readlinkSync(join(charm, 'hooks', entry)));
    expect(new Set(targets)).toEqual(new Set(['../dispatch']));
  });

  test('the last line of dispatch starts an executable entry point', () => {
    const program = textOf('dispatch').trim().split('\n').at(-1)?.split(' ').at(-1) ?? '';
    expect(program).toBe('dist/bin/hook.js');
    accessSync(join(charm, program), constants.X_OK);
  });

  test('all users can read the files of the charm, only root can write them, and only programs are executable', () => {
    const modes = [...listModes(charm)].filter(([path]) => !path.startsWith('hooks/'));
    const programs = modes.filter(([, mode]) => mode === 0o755).map(([path]) => path);
    expect(programs.sort()).toEqual(
      [
        'dispatch',
        ...readdirSync(join(ROOT, 'src/bin'))
          .filter((name) => name.endsWith('.ts'))
          .map((name) => `dist/bin/${name.replace('.ts', '.js')}`),
      ].sort(),
    );
    expect(modes.filter(([, mode]) => mode !== 0o755 && mode !== 0o644)).toEqual([]);
    expect(statSync(join(charm, 'dist/bin')).mode & 0o777).toBe(0o755);
  });

  test('the charm contains the compiled program, without files that only the hook bundle needs or source maps', () => {
    const scripts = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
      .filter((path) => !path.startsWith('charm/'))
      .map((path) => path.replace(/ts$/, 'js'));
    expect([...listModes(join(charm, 'dist')).keys()].sort()).toEqual(scripts.sort());
    expect([...listModes(charm).keys()].filter((path) => path.endsWith('.map'))).toEqual([]);
  });

  test('the charm contains exactly the packages that the program needs', () => {
    const wanted = lockedPackages().filter(
      ([path, { dev, optional }]) =>
        path.startsWith('node_modules/') && dev !== true && optional !== true && !isNeverLoaded(`${path}/`),
    );
    const there = [...listModes(charm).keys()].filter((path) =>
      /^(node_modules\/(@[^/]+\/)?[^/]+\/)+package\.json$/.test(path),
    );
    expect(there.map((path) => path.replace('/package.json', '')).sort()).toEqual(
      wanted.map(([path]) => path).sort(),
    );
    const development = Object.keys(jsonOf('package.json')['devDependencies'] ?? {});
    expect(development.filter((name) => existsSync(join(charm, 'node_modules', name)))).toEqual([]);
    expect(readdirSync(join(charm, 'node_modules')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('the charm contains the licence of every package that has one', () => {
    const licences = lockedPackages()
      .map(([path]) => join(path, 'LICENSE'))
      .filter(
        (path) =>
          path.startsWith('node_modules/') &&
          existsSync(join(charm, path, '..')) &&
          existsSync(join(ROOT, path)),
      );
    expect(licences.length).toBeGreaterThan(50);
    expect(licences.filter((path) => !existsSync(join(charm, path)))).toEqual([]);
  });

  test.each(['github-runner-image-builder', 'scheduler'])(
    'the charm runs %s without the checkout',
    (name) => {
      const program = join(charm, `dist/bin/${name}.js`);
      expect(execFileSync(program, ['--help'], { cwd: folder, encoding: 'utf8' })).toMatch(/usage:/i);
    },
  );

  test('the version file matches the version of the program', () => {
    const program = join(charm, 'dist/bin/github-runner-image-builder.js');
    const version = execFileSync(program, ['--version'], { cwd: folder, encoding: 'utf8' });
    expect(textOf('version')).toBe(version);
  });

  test("Juju's parser accepts the charm and finds the image endpoint", () => {
    const [metadata, config] = [textOf('metadata.yaml'), textOf('config.yaml')];
    const [actions, manifest] = [textOf('actions.yaml'), textOf('manifest.yaml')];
    const { name, endpoints } = parseCharm({ metadata, config, actions, manifest });
    expect(name).toBe('github-runner-image-builder');
    expect(endpoints.get('image')).toMatchObject({ role: 'provides' });
  });

  test('the manifest names all bases and the architecture', () => {
    const architectures = [process.arch === 'arm64' ? 'arm64' : 'amd64'];
    expect(parseYaml(textOf('manifest.yaml'))).toEqual({
      bases: ['22.04', '24.04'].map((channel) => ({ name: 'ubuntu', channel, architectures })),
    });
  });
});

describe('laying out the charm', () => {
  test('laying out the charm again produces the same program and removes leftover files', async () => {
    const before = readDigest(charm);
    writeFileSync(join(charm, 'left-over'), '');
    await runTool('lay-out-charm', ['--target', charm]);
    expect(readDigest(charm)).toBe(before);
    expect(existsSync(join(charm, 'left-over'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('another Node binary changes the digest of the program', async () => {
    const digests = new Set([readDigest(charm)]);
    for (const text of ['one', 'two']) {
      const [node, target] = [join(folder, `node-${text}`), join(folder, `charm-${text}`)];
      writeFileSync(node, elfOf(MACHINE, text));
      await runTool('lay-out-charm', ['--target', target, '--node', node]);
      expect(listModes(target).get('bin/node')).toBe(0o755);
      digests.add(readDigest(target));
    }
    expect(digests.size).toBe(3);
  });
});

test('no field of the charm is in two YAML files', () => {
  const read = (path: string) => parseYaml(readFileSync(join(ROOT, path), 'utf8')) as object;
  const fields = ['charmcraft.yaml', 'metadata.yaml'].flatMap((path) => Object.keys(read(path)));
  const options = Object.keys(read('config.yaml'));
  expect(options).toEqual(['options']);
  // charmcraft.yaml could also hold the fields `config` and `actions`, which have files of their own here.
  const all = [...fields, 'config', 'actions'];
  expect(new Set(all).size).toBe(all.length);
  expect(fields).toEqual(
    expect.arrayContaining(['name', 'summary', 'description', 'type', 'platforms', 'parts']),
  );
});
