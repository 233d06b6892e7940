import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notice, renderTable, wrap } from './reference-parts.js';

/**
 * Renders the names of the Python programs beside those in TypeScript.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderPythonNames(root) {
  const modules = JSON.parse(readFileSync(join(root, 'tools/python-names.json'), 'utf8'));
  return [
    '# Names of the Python programs',
    notice('tools/python-names.json'),
    wrap(
      'Each documented name of the Python charms and of their program, and where it is now. Parameters and fields keep ' +
        'their words in camelCase, unless the table says otherwise. A test holds the table.',
    ),
    ...modules.flatMap(({ title, names }) => [`## ${title}`, renderNames(names)]),
  ].join('\n\n');
}

function renderNames(names) {
  const rows = names.map(({ python, name, kind, file, parameters = [], fields = [] }) => [
    `\`${python}\``,
    kind,
    `\`${name ?? (kind === 'constant' ? python : toCamelCase(python))}\``,
    `[${file.replace('src/', '')}](../../${file})`,
    [...parameters, ...fields].map(renderMember).join(', '),
  ]);
  return renderTable(['in Python', 'kind', 'in TypeScript', 'file', 'parameters or fields'], rows);
}

function renderMember(member) {
  const [python, typescript] = member.split('=');
  return typescript === undefined ? `\`${python}\`` : `\`${python}\` (now \`${typescript}\`)`;
}

function toCamelCase(snake) {
  return snake.replace(/_([a-z0-9])/g, (_whole, letter) => letter.toUpperCase());
}
