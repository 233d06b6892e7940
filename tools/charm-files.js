import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { arch } from 'node:process';
import { readArchitecture } from './node-binary.js';
import { listPackages, listProgram, readCharmFile } from './program-files.js';

/** @import { CharmFile } from './program-files.js' */

/** The releases of Ubuntu that the charm runs on. */
export const BASES = ['22.04', '24.04'];

/** Maps Node's names of architectures to Juju's. */
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/**
 * Lists all files of a charm that is made from the checkout `root`, sorted by path.
 * @param {string} root
 * @param {Buffer | undefined} node the Node binary to include
 * @returns {CharmFile[]}
 */
export function listCharm(root, node) {
  const { name, version, description, license, type, engines, bin } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const packageJson = { name, version, description, license, private: true, type, engines, bin };
  const program = [
    textFile('package.json', `${JSON.stringify(packageJson, undefined, 2)}\n`),
    ...(node === undefined ? [] : [{ path: 'bin/node', isExecutable: true, content: node }]),
    ...listProgram(root),
    ...listPackages(root),
  ].sort(byPath);
  const files = [
    ...program,
    { ...readCharmFile(root, 'hooks/dispatch', true), path: 'dispatch' },
    ...['metadata.yaml', 'config.yaml', 'actions.yaml', 'LICENSE'].map((path) => readCharmFile(root, path)),
    ...(existsSync(join(root, 'icon.svg')) ? [readCharmFile(root, 'icon.svg')] : []),
    textFile('manifest.yaml', renderManifest(architectureOf(node))),
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

/**
 * Returns the architecture of a charm: that of its Node, and without Node that of this machine, since a charm names one.
 * @param {Buffer | undefined} node
 * @returns {string}
 */
export function architectureOf(node) {
  if (node !== undefined) return readArchitecture(node, 'the Node binary');
  const architecture = ARCHITECTURES[arch];
  if (architecture === undefined) throw new Error(`expected to run on x64 or arm64, got ${arch}`);
  return architecture;
}

/**
 * Renders the manifest, which names all bases.
 * @param {string} architecture
 */
function renderManifest(architecture) {
  const bases = BASES.flatMap((base) => [
    '  - name: ubuntu',
    `    channel: "${base}"`,
    `    architectures: [${architecture}]`,
  ]);
  return `${['bases:', ...bases].join('\n')}\n`;
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
