// Lays out the charm as Juju unpacks it: node tools/lay-out-charm.js [--target FOLDER] [--node FILE]
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pid } from 'node:process';
import { parseArgs } from 'node:util';
import { listCharm, listHooks } from './charm-files.js';

/** @import { CharmFile } from './program-files.js' */

const ROOT = resolve(import.meta.dirname, '..');

/**
 * @param {string} folder
 * @param {readonly CharmFile[]} files
 */
function writeCharm(folder, files) {
  const folders = new Set([join(folder, 'hooks'), ...files.map(({ path }) => dirname(join(folder, path)))]);
  for (const parent of folders) mkdirSync(parent, { recursive: true, mode: 0o755 });
  for (const { path, isExecutable, content } of files) {
    writeFileSync(join(folder, path), content);
    chmodSync(join(folder, path), isExecutable ? 0o755 : 0o644); // regardless of the umask
  }
  for (const name of listHooks(ROOT)) symlinkSync('../dispatch', join(folder, 'hooks', name));
}

/**
 * Replaces the folder `target` with the folder `draft`.
 * @param {string} draft
 * @param {string} target
 */
function replaceFolder(draft, target) {
  const former = `${draft}-former`;
  try {
    renameSync(target, former);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  renameSync(draft, target);
  rmSync(former, { recursive: true, force: true });
}

/** Links dist/bin to the programs of the charm, for running them from the checkout. */
function linkPrograms() {
  const programs = join(ROOT, 'dist/bin');
  if (lstatSync(programs, { throwIfNoEntry: false })?.isSymbolicLink() === true) return;
  rmSync(programs, { recursive: true, force: true }); // output of earlier versions
  symlinkSync('charm/dist/bin', programs);
}

const { values } = parseArgs({ options: { target: { type: 'string' }, node: { type: 'string' } } });
const target = resolve(values.target ?? join(ROOT, 'dist/charm'));
const draft = join(dirname(target), `.charm-${pid}`);
try {
  mkdirSync(dirname(target), { recursive: true });
  writeCharm(draft, listCharm(ROOT, values.node === undefined ? undefined : readFileSync(values.node)));
  replaceFolder(draft, target);
  if (values.target === undefined) linkPrograms();
} finally {
  rmSync(draft, { recursive: true, force: true });
}
