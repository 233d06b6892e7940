import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Plugin, build } from 'esbuild';
import { ROOT, isNeverLoaded, listModes } from './run-tool.ts';

/** pkgcloud loads a provider when it is asked for it by name, and the programs never ask. */
const WITHOUT_PROVIDERS: Plugin = {
  name: 'without-providers',
  setup: (bundle) => {
    bundle.onLoad({ filter: /pkgcloud.lib.pkgcloud\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const lazy = "require('./pkgcloud/' + provider)";
      if (!text.includes(lazy)) throw new Error(`${path}: expected ${lazy}`);
      return { contents: text.replace(lazy, 'undefined'), loader: 'js' };
    });
  },
};

let imported: readonly string[] = [];

beforeAll(async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['scheduler', 'github-runner-image-builder'].map((name) => `dist/compiled/bin/${name}.js`),
    outdir: 'dist/never-written',
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    metafile: true,
    external: ['*.node', 'cpu-features'],
    plugins: [WITHOUT_PROVIDERS],
    logLevel: 'silent',
  });
  imported = Object.keys(metafile.inputs);
});

describe('the files of packages that the charm leaves out', () => {
  test('No import of a program leads to a file that is left out', () => {
    expect(imported.filter((path) => path.includes('node_modules/pkgcloud/')).length).toBeGreaterThan(5);
    expect(imported.filter(isNeverLoaded)).toEqual([]);
  });

  test('The charm contains every file of a package that an import leads to, and none that is left out', () => {
    const there = [...listModes(join(ROOT, 'dist/charm')).keys()];
    const ofPackages = imported.filter((path) => path.startsWith('node_modules/'));
    expect(ofPackages.filter((path) => !there.includes(path))).toEqual([]);
    expect(there.filter(isNeverLoaded)).toEqual([]);
  });
});
