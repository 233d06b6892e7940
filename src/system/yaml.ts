import {
  CORE_SCHEMA,
  FAILSAFE_SCHEMA,
  NOT_RESOLVED,
  type Schema,
  YAMLException,
  defineScalarTag,
  dump,
  load,
  mergeTag,
  nullCoreTag,
} from 'js-yaml';

/** The error for invalid YAML. Its message does not quote the text, which may hold secrets. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  ['yes', 'true', 'on'].flatMap((word, index) => {
    const opposite = ['no', 'false', 'off'][index] ?? '';
    return [...spellings(word, true), ...spellings(opposite, false)];
  }),
);

function spellings(word: string, value: boolean): readonly (readonly [string, boolean])[] {
  const capitalised = `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
  return [word, capitalised, word.toUpperCase()].map((spelling) => [spelling, value]);
}

const boolean = defineScalarTag<boolean>('tag:yaml.org,2002:bool', {
  implicit: true,
  implicitFirstChars: Array.from('yYtToOnNfF'),
  resolve: (source) => BOOLEANS.get(source) ?? NOT_RESOLVED,
  identify: () => false,
});

const PLAIN_NUMBER = /^-?(0|[1-9]\d*)(\.(0|\d{0,3}[1-9]))?$/;
const OTHER_NUMBERS = [
  /^[-+]?(0b[01_]+|0x[\da-fA-F_]+|0[0-7_]*|[1-9][\d_]*)$/,
  /^[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?$/,
  /^[-+]?(\d[\d_]*\.[\d_]*|\.\d[\d_]*)([eE][-+]\d+)?$/,
  /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/,
];
const LONGEST_NUMBER = 64;

/**
 * Reads an unquoted number as its text, because clouds.yaml needs numbers only as names, ids and passwords. A number
 * that PyYAML would print in another way, such as 007, is NaN, so that its decoder asks for quotes.
 */
const number = defineScalarTag<string | number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: Array.from('+-.0123456789'),
  resolve: (source) => {
    if (source.length > LONGEST_NUMBER) return NOT_RESOLVED;
    if (PLAIN_NUMBER.test(source)) return source;
    return OTHER_NUMBERS.some((form) => form.test(source)) ? Number.NaN : NOT_RESOLVED;
  },
  identify: () => false,
});

const CORE = CORE_SCHEMA.withTags([mergeTag]);
const PYTHON = FAILSAFE_SCHEMA.withTags(nullCoreTag, boolean, number, mergeTag);
const LIMITS = { maxDepth: 32, maxAliases: 1000, maxTotalMergeKeys: 10_000 };
/** In characters. */
const MAXIMUM_TEXT = 1024 * 1024;
const MAXIMUM_REASON = 200;

/**
 * Parses one YAML document. Returns undefined for an empty text, applies merge keys and keeps dates as strings. The
 * text, its nesting, its aliases and its merges are bounded.
 */
export function parseYaml(text: string): unknown {
  return parse(text, CORE);
}

/** Parses one YAML document as Python programs do: with more words for booleans, and numbers as texts. */
export function parsePythonYaml(text: string): unknown {
  return parse(text, PYTHON);
}

function parse(text: string, schema: Schema): unknown {
  if (text.length > MAXIMUM_TEXT) throw new YamlError('the text is longer than 1 MiB');
  if (text.split('\n').every(isBlankOrComment)) return undefined;
  try {
    return load(text, { schema, ...LIMITS });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? '' : ` in line ${error.mark.line + 1}`;
    const reason = withoutQuote(error.reason.slice(0, MAXIMUM_REASON));
    throw new YamlError(`${reason}${line}`);
  }
}

/** Renders a YAML document that YAML 1.1 and 1.2 parsers read alike: every string value is quoted. */
export function renderYaml(value: unknown): string {
  return dump(value, {
    schema: CORE,
    forceQuotes: true,
    quoteStyle: 'double',
    lineWidth: -1,
    noRefs: true,
  });
}

function isBlankOrComment(line: string): boolean {
  const text = line.trim();
  return text === '' || text.startsWith('#');
}

/** Cuts the reason of a syntax error where it begins to quote the text, which may be secret. */
function withoutQuote(reason: string): string {
  const at = reason.search(/["'`<*!]/);
  return at === -1 ? reason : `${reason.slice(0, at)}…`;
}
