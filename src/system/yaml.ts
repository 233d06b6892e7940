import { CORE_SCHEMA, YAMLException, dump, load, mergeTag } from 'js-yaml';

const SCHEMA = CORE_SCHEMA.withTags([mergeTag]);

/** What is wrong with a YAML text, without quoting it: it may hold secrets. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/** Parses one YAML document; an empty text is `undefined`. Merge keys count, dates stay strings. */
export function parseYaml(text: string): unknown {
  if (/^\s*(#.*\s*)*$/.test(text)) return undefined;
  try {
    return load(text, { schema: SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? '' : ` in line ${error.mark.line + 1}`;
    const reason = error.reason.replace(/["'`<*!].*$/s, '…'); // what comes there is quoted from the text
    throw new YamlError(`${reason}${line}`);
  }
}

/** A YAML document that readers of YAML 1.1 and 1.2 understand alike: every value that is a string is quoted. */
export function renderYaml(value: unknown): string {
  return dump(value, {
    schema: SCHEMA,
    forceQuotes: true,
    quoteStyle: 'double',
    lineWidth: -1,
    noRefs: true,
  });
}
