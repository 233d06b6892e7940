// Makes one file of the hook, for a fast start: node tools/bundle-hook.js
import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');
const FOLDER = 'dist/bundle';

const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: ['dist/compiled/bin/hook.js'],
  outfile: `${FOLDER}/hook.js`,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.20', // the oldest that package.json allows
  sourcemap: 'external', // for whoever reads a stack trace; the charm does not carry it
  metafile: true,
  logLevel: 'warning',
});
chmodSync(join(ROOT, FOLDER, 'hook.js'), 0o755);
writeFileSync(join(ROOT, FOLDER, 'hook.meta.json'), JSON.stringify(metafile));
