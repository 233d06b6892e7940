// Installs the packages of package-lock.json if they are missing, so that one command is enough on a fresh checkout.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exit, stderr, versions } from 'node:process';
import { URL, fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url)); // older versions do not have import.meta.dirname
const OLDEST_NODE = [20, 20];

/**
 * @param {string} path
 * @returns {Record<string, { readonly version?: string, readonly optional?: boolean }> | undefined}
 */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reports whether every package is installed in the version of the lock file. */
function isInstalled() {
  const wanted = readPackages('package-lock.json') ?? {};
  const present = readPackages('node_modules/.package-lock.json');
  if (present === undefined) return false;
  return Object.entries(wanted)
    .filter(([path, { optional }]) => path.startsWith('node_modules/') && optional !== true)
    .every(([path, { version }]) => present[path]?.version === version && path in present);
}

/** @param {string} message */
function fail(message) {
  stderr.write(`${message}\n`);
  exit(1);
}

const [major, minor] = versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  fail(`expected Node ${OLDEST_NODE.join('.')} or newer, got ${versions.node}: install a newer Node`);
}
if (!isInstalled()) {
  stderr.write('installing the packages of package-lock.json: npm ci\n');
  const all = ['--include=dev', '--include=optional']; // regardless of NODE_ENV
  const { status, error } = spawnSync('npm', ['ci', ...all, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined) fail(`expected npm on the PATH: ${error.message}`);
  if (status !== 0) fail('npm ci failed; its output above gives the reason');
}
