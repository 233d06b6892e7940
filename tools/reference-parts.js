import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const WIDTH = 118;

/**
 * Loads a compiled module of src.
 * @param {string} root
 * @param {string} path 'model/job/timeouts'
 */
export async function loadCompiled(root, path) {
  const source = join(root, `src/${path}.ts`); // an earlier compilation may have left more files than there are sources
  if (!existsSync(source)) throw new Error(`${source}: no such file`);
  const file = join(root, `dist/compiled/${path}.js`);
  if (!existsSync(file)) throw new Error(`${file}: no such file; run npm run build`);
  return import(pathToFileURL(file).href);
}

/**
 * Reads a number that a source file does not export: `const NAME = 5 * 60_000;` or `name: 2000,`.
 * @param {string} root
 * @param {string} path 'src/system/ssh/ssh.ts'
 * @param {string} name
 * @returns {number}
 */
export function readNumber(root, path, name) {
  const text = readFileSync(join(root, path), 'utf8');
  const [, product] = new RegExp(`\\b${name}(?: =|:) ([\\d_. *]+)[;,]`).exec(text) ?? [];
  if (product === undefined) throw new Error(`${path}: expected a number ${name}, got none`);
  return product.split('*').reduce((all, factor) => all * Number(factor.replaceAll('_', '')), 1);
}

/**
 * Renders the notice at the top of a generated page.
 * @param {string} source
 * @returns {string}
 */
export function notice(source) {
  return wrap(
    `_Generated from ${source} by \`npm run docs\` (tools/render-reference.js). Do not edit this page._`,
  );
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function renderTable(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/**
 * Wraps one paragraph. Words that look like HTML become code.
 * @param {string} text
 * @returns {string}
 */
export function wrap(text) {
  const words = text.split(/\s+/).map((word) => (/^<.*>/.test(word) ? `\`${word}\`` : word));
  const lines = [''];
  for (const word of words.filter((word) => word !== '')) {
    const last = lines.at(-1);
    if (last !== '' && last.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}

/**
 * Checks that each key has a text and each text a key. Throws when the code has changed and the page has not.
 * @param {string} page
 * @param {readonly string[]} keys
 * @param {Readonly<Record<string, string>>} texts
 */
export function matchTexts(page, keys, texts) {
  const odd = [
    ...keys.filter((key) => !(key in texts)),
    ...Object.keys(texts).filter((key) => !keys.includes(key)),
  ];
  if (odd.length > 0) throw new Error(`${page}: the texts do not match the code: ${odd.join(', ')}`);
}
