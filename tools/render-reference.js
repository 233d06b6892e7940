// Renders the generated pages of docs/reference. Run `npm run build` first: node tools/render-reference.js [--target FOLDER]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { renderActions, renderOptions } from './reference-charm.js';
import { renderErrors } from './reference-errors.js';
import { renderExitCodes } from './reference-exit-codes.js';
import { renderLicences } from './reference-licences.js';
import { renderMetrics } from './reference-metrics.js';
import { renderProgram } from './reference-program.js';
import { renderPythonNames } from './reference-python-names.js';
import { renderWaits } from './reference-waits.js';

/** The generated pages, each with its renderer. */
const PAGES = {
  'options.md': renderOptions,
  'actions.md': renderActions,
  'program.md': renderProgram,
  'waits.md': renderWaits,
  'exit-codes.md': renderExitCodes,
  'errors.md': renderErrors,
  'licences.md': renderLicences,
  'metrics.md': renderMetrics,
  'python-names.md': renderPythonNames,
};

const ROOT = resolve(import.meta.dirname, '..');

const { values } = parseArgs({ options: { target: { type: 'string' } } });
const target = resolve(values.target ?? join(ROOT, 'docs/reference'));
const style = await resolveConfig(join(ROOT, 'docs/reference/options.md'));
mkdirSync(target, { recursive: true });
for (const [name, render] of Object.entries(PAGES)) {
  const text = await format(await render(ROOT), { ...style, parser: 'markdown' });
  writeFileSync(join(target, name), text);
}
