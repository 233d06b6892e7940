import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { arch } from 'node:process';
import { listPackages, listProgram, readCharmFile } from './program-files.js';

/** @import { CharmFile } from './program-files.js' */

/** Node's words for architectures, and Juju's. */
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/**
 * Everything that a charm made of the checkout `root` is of, sorted by path.
 * @param {string} root
 * @param {string | undefined} node the Node to carry
 * @returns {CharmFile[]}
 */
export function listCharm(root, node) {
  const { name, version, description, license, type, engines, bin } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const packageJson = { name, version, description, license, private: true, type, engines, bin };
  const program = [
    textFile('package.json', `${JSON.stringify(packageJson, undefined, 2)}\n`),
    ...(node === undefined ? [] : [{ path: 'bin/node', isExecutable: true, content: readFileSync(node) }]),
    ...listProgram(root),
    ...listPackages(root),
  ].sort(byPath);
  const files = [
    ...program,
    { ...readCharmFile(root, 'hooks/dispatch', true), path: 'dispatch' },
    ...['metadata.yaml', 'config.yaml', 'actions.yaml', 'LICENSE'].map((path) => readCharmFile(root, path)),
    ...(existsSync(join(root, 'icon.svg')) ? [readCharmFile(root, 'icon.svg')] : []),
    textFile('manifest.yaml', renderManifest()),
    textFile('version', `${version}\n`),
    textFile('program-digest', `${digestOf(program)}\n`),
  ];
  return files.sort(byPath);
}

/**
 * The names of the entries beside `dispatch` in hooks/, each of which leads to it.
 * @param {string} root
 * @returns {string[]}
 */
export function listHooks(root) {
  return readdirSync(join(root, 'hooks'))
    .filter((name) => name !== 'dispatch')
    .sort();
}

/**
 * Two programs are the same when their digests are: the installer compares them.
 * @param {CharmFile[]} program
 * @returns {string}
 */
function digestOf(program) {
  const digest = createHash('sha256');
  for (const { path, isExecutable, content } of program) {
    digest.update(`${path}\0${isExecutable ? 'x' : '-'}\0${content.length}\0`).update(content);
  }
  return digest.digest('hex');
}

/** The bases that the charm runs on; the code is the same for all architectures, a Node that it carries is not. */
function renderManifest() {
  const architecture = ARCHITECTURES[arch];
  if (architecture === undefined) throw new Error(`expected to run on x64 or arm64, got ${arch}`);
  const lines = [
    'bases:',
    '  - name: ubuntu',
    '    channel: "24.04"',
    `    architectures: [${architecture}]`,
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {CharmFile}
 */
function textFile(path, text) {
  return { path, isExecutable: false, content: Buffer.from(text) };
}

/**
 * @param {CharmFile} a
 * @param {CharmFile} b
 */
function byPath(a, b) {
  return a.path < b.path ? -1 : 1;
}
