// Lays the charm out as Juju unpacks it: node tools/lay-out-charm.js [--target FOLDER] [--node FILE]
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  for (const made of folders) mkdirSync(made, { recursive: true, mode: 0o755 });
  for (const { path, isExecutable, content } of files) {
    writeFileSync(join(folder, path), content);
    chmodSync(join(folder, path), isExecutable ? 0o755 : 0o644); // whatever the umask
  }
  for (const name of listHooks(ROOT)) symlinkSync('../dispatch', join(folder, 'hooks', name));
}

/**
 * Puts the folder `draft` in `target`'s place.
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

/** The doors of the program, for whoever runs it from the checkout: dist/bin. */
function linkDoors() {
  const doors = join(ROOT, 'dist/bin');
  if (lstatSync(doors, { throwIfNoEntry: false })?.isSymbolicLink() === true) return;
  rmSync(doors, { recursive: true, force: true }); // what earlier versions compiled
  symlinkSync('charm/dist/bin', doors);
}

const { values } = parseArgs({ options: { target: { type: 'string' }, node: { type: 'string' } } });
const target = resolve(values.target ?? join(ROOT, 'dist/charm'));
const draft = join(dirname(target), `.charm-${pid}`);
try {
  mkdirSync(dirname(target), { recursive: true });
  writeCharm(draft, listCharm(ROOT, values.node));
  replaceFolder(draft, target);
  if (values.target === undefined) linkDoors();
} finally {
  rmSync(draft, { recursive: true, force: true });
}
