// Packs dist/github-runner-image-builder.charm: node tools/pack-charm.js [--without-node | --node FILE] [--target FILE]
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execPath, pid } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import yazl from 'yazl';
import { listCharm, listHooks } from './charm-files.js';

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

const { values } = parseArgs({
  options: { 'without-node': { type: 'boolean' }, node: { type: 'string' }, target: { type: 'string' } },
});
const target = resolve(values.target ?? join(ROOT, 'dist/github-runner-image-builder.charm'));
const files = listCharm(ROOT, values['without-node'] ? undefined : (values.node ?? execPath));
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
