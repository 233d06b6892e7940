import { CORE_SCHEMA, YAMLException, dump, load, mergeTag } from 'js-yaml';

const SCHEMA = CORE_SCHEMA.withTags([mergeTag]);

/** The error for invalid YAML. Its message does not quote the text, which may hold secrets. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/** Parses one YAML document. Returns undefined for an empty text, applies merge keys and keeps dates as strings. */
export function parseYaml(text: string): unknown {
  if (/^\s*(#.*\s*)*$/.test(text)) return undefined;
  try {
    return load(text, { schema: SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? '' : ` in line ${error.mark.line + 1}`;
    const reason = error.reason.replace(/["'`<*!].*$/s, '…'); // from there on, the reason quotes the text
    throw new YamlError(`${reason}${line}`);
  }
}

/** Renders a YAML document that YAML 1.1 and 1.2 parsers read alike: every string value is quoted. */
export function renderYaml(value: unknown): string {
  return dump(value, {
    schema: SCHEMA,
    forceQuotes: true,
    quoteStyle: 'double',
    lineWidth: -1,
    noRefs: true,
  });
}
