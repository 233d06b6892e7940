// Packs the charm: node tools/pack-charm.js [--arch ARCH]… | [--without-node | --node FILE] [--target FILE]
// With --arch, writes dist/github-runner-image-builder_ARCH.charm for each architecture, with the pinned Node from npm.
// Without, writes dist/github-runner-image-builder.charm with the Node that runs this script.
import { createWriteStream, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { cwd, execPath, pid, stdout } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import yazl from 'yazl';
import { BASES, architectureOf, listCharm, listHooks } from './charm-files.js';
import { fetchNode } from './node-binary.js';

/** @import { CharmFile } from './program-files.js' */

const ROOT = resolve(import.meta.dirname, '..');

/** A fixed time, so that the same files always produce the same zip. */
const MTIME = new Date(2000, 0, 1);

/**
 * Lists the hooks as copies of dispatch, because not every unzip program supports links.
 * @param {readonly CharmFile[]} files
 * @returns {CharmFile[]}
 */
function listHookFiles(files) {
  const dispatch = files.find(({ path }) => path === 'dispatch');
  return listHooks(ROOT).map((name) => ({ ...dispatch, path: `hooks/${name}` }));
}

/**
 * Writes the zip and prints its properties.
 * @param {string} target
 * @param {Buffer | undefined} node
 */
async function packCharm(target, node) {
  const files = listCharm(ROOT, node);
  const zip = new yazl.ZipFile();
  for (const { path, isExecutable, content } of [...files, ...listHookFiles(files)]) {
    const mode = 0o100000 | (isExecutable ? 0o755 : 0o644);
    zip.addBuffer(content, path, { mode, mtime: MTIME, forceDosTimestamp: true });
  }
  zip.end();
  const draft = `${target}.${pid}.tmp`;
  try {
    await pipeline(zip.outputStream, createWriteStream(draft));
    renameSync(draft, target);
  } finally {
    rmSync(draft, { force: true });
  }
  const size = `${(statSync(target).size / 1e6).toFixed(1)} MB`;
  const bases = BASES.map((base) => `ubuntu@${base}`).join(', ');
  const program = node === undefined ? 'without Node' : 'with Node';
  stdout.write(`${relative(cwd(), target)}: ${architectureOf(node)}, ${bases}, ${program}, ${size}\n`);
}

const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true },
    'without-node': { type: 'boolean' },
    node: { type: 'string' },
    target: { type: 'string' },
  },
});
const { arch: architectures, node, target } = values;
if (architectures === undefined) {
  const content = values['without-node'] ? undefined : readFileSync(node ?? execPath);
  await packCharm(resolve(target ?? join(ROOT, 'dist/github-runner-image-builder.charm')), content);
} else {
  if (values['without-node'] || (node ?? target) !== undefined) {
    throw new Error('--arch: expected no --node, --without-node or --target beside it');
  }
  for (const architecture of architectures) {
    const file = `dist/github-runner-image-builder_${architecture}.charm`;
    await packCharm(join(ROOT, file), fetchNode(architecture));
  }
}
