import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNeverLoaded } from './program-files.js';
import { notice, renderTable, wrap } from './reference-parts.js';

/** Licence names of packages that differ from SPDX. */
const SPDX = { 'ASL 2.0': 'Apache-2.0', '(AFL-2.1 OR BSD-3-Clause)': 'BSD-3-Clause' };

/**
 * Lists the packages in the charm, each with its licence.
 * @param {string} root
 * @returns {{ readonly name: string, readonly version: string, readonly licence: string }[]}
 */
function listLicences(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(
      ([path, { dev, optional, link }]) => path.startsWith('node_modules/') && !dev && !optional && !link,
    )
    .filter(([path]) => !isNeverLoaded(`${path}/`))
    .map(([path]) => readLicence(join(root, path)));
}

/**
 * Renders the licences of the packages in the charm.
 * @param {string} root
 * @returns {string}
 */
export function renderLicences(root) {
  const rows = listLicences(root).map(({ name, version, licence }) => [name, version, licence]);
  const sorted = [...new Map(rows.map((row) => [row.join(' '), row]))].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '# Licences',
    notice('package-lock.json and the packages'),
    wrap(
      'The charm is licensed under Apache-2.0. It contains these packages, each with its licence file if it has one. ' +
        'tests/house/licences.test.ts lists the licences that are allowed. ' +
        'If a package offers several licences, this table names the one used.',
    ),
    renderTable(
      ['package', 'version', 'licence'],
      sorted.map(([, row]) => row),
    ),
  ].join('\n\n');
}

function readLicence(folder) {
  const { name, version, license, licenses } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const declared = license ?? licenses?.[0]?.type ?? recogniseText(folder);
  return { name, version, licence: SPDX[declared] ?? declared };
}

/** Recognises the licence text of a package that names no licence. */
function recogniseText(folder) {
  const file = join(folder, 'LICENSE');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text.includes('Permission is hereby granted, free of charge, to any person') ? 'MIT' : 'unknown';
}
