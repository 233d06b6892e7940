import { renderYaml } from '../../../../src/system/yaml.ts';
import { isMapping } from '../model/json-schema.ts';
import { ToolRefusal } from './tool-options.ts';

/** The option `--format` of tools that can print several formats. */
export const FORMAT = { format: 'value' } as const;

/** Renders `value` in the format of `--format`. Throws ToolRefusal. */
export function render(value: unknown, format: string): string {
  if (format === 'json') return `${goJson(value)}\n`;
  if (format === 'yaml') return value === null || value === undefined ? '' : renderYaml(value);
  if (format === 'smart') return renderSmart(value);
  throw new ToolRefusal(2, `invalid value "${format}" for option --format: unknown format "${format}"`);
}

function renderSmart(value: unknown): string {
  if (value === null || value === undefined || value === '') return '';
  if (typeof value === 'string') return `${value}\n`;
  if (typeof value === 'boolean') return value ? 'True\n' : 'False\n';
  if (typeof value === 'number') return `${value}\n`;
  if (Array.isArray(value)) return value.map((each) => `${String(each)}\n`).join('');
  return renderYaml(value);
}

/** Renders JSON like Go's json.Marshal: keys are sorted, characters special in HTML are escaped. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(sorted(value ?? null));
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMapping(value)) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
