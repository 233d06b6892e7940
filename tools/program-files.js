import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A file of the charm with its path and content.
 * @typedef {{ readonly path: string, readonly isExecutable: boolean, readonly content: Buffer }} CharmFile
 */

/** Files of packages for people and compilers, which no program reads. */
const NOT_FOR_PROGRAMS = /^(\.[^/]+|tests?|docs?|examples?|benchmarks?)(\/|$)|\.(md|markdown|map|[cm]?ts)$/i;
const LICENCE = /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i;

/**
 * The paths that no program loads. Of pkgcloud the programs import only the client of OpenStack, and not its other providers
 * and services, which alone use these packages. A test checks that no import leads to them.
 * @type {readonly string[]}
 */
const NEVER_LOADED = JSON.parse(readFileSync(join(import.meta.dirname, 'never-loaded.json'), 'utf8'));

/**
 * Reports whether the charm leaves a file of a package out because no program loads it.
 * @param {string} path
 * @returns {boolean}
 */
export function isNeverLoaded(path) {
  return NEVER_LOADED.some((prefix) => path.startsWith(prefix));
}

/** The hook is one file; tools/bundle-hook.js builds it. */
const HOOK = 'bin/hook.js';

/** Sources that only the hook uses. The bundle contains them. */
const ONLY_IN_HOOK = /^charm\//;

/**
 * Lists the compiled files of `src`, without output of an earlier compilation. Source maps stay in dist/: nothing in a
 * charm reads them.
 * @param {string} root
 * @returns {CharmFile[]}
 */
export function listProgram(root) {
  const sources = listPaths(join(root, 'src')).filter((path) => /(?<!\.d)\.ts$/.test(path));
  return sources
    .filter((source) => !ONLY_IN_HOOK.test(source))
    .map((source) => {
      const script = source.replace(/\.ts$/, '.js');
      const compiled = script === HOOK ? 'dist/bundle/hook.js' : `dist/compiled/${script}`;
      const isEntryPoint = /^bin\/[^/]+$/.test(source);
      return { ...readCharmFile(root, compiled, isEntryPoint), path: `dist/${script}` };
    });
}

/**
 * Lists the files of the packages that the program needs, according to package-lock.json. Optional packages are left
 * out: they make ssh2 faster only when they are compiled, and nothing here compiles them.
 * @param {string} root
 * @returns {CharmFile[]}
 */
export function listPackages(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, entry]) => path.startsWith('node_modules/') && !entry.dev && !entry.optional)
    .flatMap(([path, entry]) => listPackage(root, path, entry.link === true ? entry.resolved : path))
    .filter(({ path }) => !isNeverLoaded(path));
}

/**
 * @param {string} root
 * @param {string} path folder in the charm
 * @param {string} from folder in the checkout
 * @returns {CharmFile[]}
 */
function listPackage(root, path, from) {
  if (!existsSync(join(root, from, 'package.json'))) {
    throw new Error(`${from}: expected a package, got none; run npm ci first`);
  }
  const inner = listPaths(join(root, from)).filter((file) => !file.startsWith('node_modules/'));
  return inner
    .filter((file) => LICENCE.test(file) || !NOT_FOR_PROGRAMS.test(file))
    .map((file) => ({ ...readCharmFile(root, `${from}/${file}`), path: `${path}/${file}` }));
}

/**
 * @param {string} root
 * @param {string} path
 * @param {boolean} isExecutable
 * @returns {CharmFile}
 */
export function readCharmFile(root, path, isExecutable = false) {
  if (!existsSync(join(root, path))) throw new Error(`${path}: expected a file, got none; run npm run build`);
  return { path, isExecutable, content: readFileSync(join(root, path)) };
}

/**
 * Lists all files under `folder`, relative to it. Links are not followed.
 * @param {string} folder
 * @returns {string[]}
 */
function listPaths(folder, prefix = '') {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}${entry.name}`;
    if (path === 'node_modules') return [];
    return entry.isDirectory() ? listPaths(folder, `${path}/`) : [path];
  });
}
