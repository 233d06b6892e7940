import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { arch } from 'node:process';
import { listPackages, listProgram, readCharmFile } from './program-files.js';

/** @import { CharmFile } from './program-files.js' */

/** Maps Node's names of architectures to Juju's. */
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/**
 * Lists all files of a charm that is made from the checkout `root`, sorted by path.
 * @param {string} root
 * @param {string | undefined} node path of the Node binary to include
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
 * Lists the entries of hooks/ except `dispatch`; each of them is a link to it.
 * @param {string} root
 * @returns {string[]}
 */
export function listHooks(root) {
  return readdirSync(join(root, 'hooks'))
    .filter((name) => name !== 'dispatch')
    .sort();
}

/**
 * Computes the digest of a program. The installer compares digests to detect a new program.
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

/** Renders the bases of the charm. The code runs on all architectures, but an included Node binary does not. */
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
