import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './run-tool.ts';
import { rowsOf } from './markdown-table.ts';

/** The licences under which a package may be included in a charm under Apache-2.0. */
const ALLOWED = [
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Unlicense',
];

/** The digest of the text that the Apache Software Foundation publishes. */
const APACHE_2_SHA256 = 'cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30';

const rows = rowsOf(join(ROOT, 'docs/reference/licences.md'));

describe('the licences', () => {
  test('all packages in the charm have an allowed licence', () => {
    expect(rows.filter(([, , licence = '']) => !ALLOWED.includes(licence))).toEqual([]);
  });

  test('the licence page lists every package that the program imports', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const wanted = Object.entries(dependencies).filter(([, version]) => !version.startsWith('file:'));
    expect(rows).toEqual(
      expect.arrayContaining(wanted.map(([name, version]) => [name, version, expect.any(String)])),
    );
  });

  test('LICENSE is the complete text of Apache-2.0', () => {
    const text = readFileSync(join(ROOT, 'LICENSE'));
    expect(createHash('sha256').update(text).digest('hex')).toBe(APACHE_2_SHA256);
  });
});
