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
 * Lists the compiled files of `src`, without output of an earlier compilation.
 * @param {string} root
 * @returns {CharmFile[]}
 */
export function listProgram(root) {
  const sources = listPaths(join(root, 'src')).filter((path) => /(?<!\.d)\.ts$/.test(path));
  return sources.flatMap((source) => {
    const isEntryPoint = /^bin\/[^/]+$/.test(source);
    const script = source.replace(/\.ts$/, '.js');
    return [script, `${script}.map`].map((path) => ({
      ...readCharmFile(root, `dist/compiled/${path}`, isEntryPoint && path === script),
      path: `dist/${path}`,
    }));
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
    .flatMap(([path, entry]) => listPackage(root, path, entry.link === true ? entry.resolved : path));
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
