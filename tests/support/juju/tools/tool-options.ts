/** A failure of a hook tool: its exit code and its message on stderr. */
export class ToolRefusal extends Error {
  override readonly name = 'ToolRefusal';
  readonly code: 1 | 2;

  constructor(code: 1 | 2, message: string) {
    super(message);
    this.code = code;
  }
}

/** The options of a tool by their names without dashes; commas separate the names of one option. */
export type OptionTable = Readonly<Record<string, 'flag' | 'value'>>;

export interface ParsedArguments {
  /** The values by the first name of the option. */
  readonly values: Readonly<Record<string, string>>;
  readonly flags: ReadonlySet<string>;
  readonly operands: readonly string[];
}

interface Option {
  readonly name: string;
  readonly kind: 'flag' | 'value';
}

/** Parses arguments like Go's gnuflag: options may be anywhere before `--`. Throws ToolRefusal. */
export function parseOptions(args: readonly string[], table: OptionTable): ParsedArguments {
  const values: Record<string, string> = {};
  const flags = new Set<string>();
  const operands: string[] = [];
  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (arg === '--') return { values, flags, operands: [...operands, ...left] };
    if (!arg.startsWith('-') || arg === '-') operands.push(arg);
    else if (arg.startsWith('--')) parseLong(arg);
    else parseShort(arg);
  }
  return { values, flags, operands };

  function parseLong(arg: string): void {
    const at = arg.indexOf('=');
    const word = at < 0 ? arg : arg.slice(0, at);
    const { name, kind } = find(table, word);
    const given = at < 0 ? undefined : arg.slice(at + 1);
    if (kind === 'flag') setFlag(name, word, given ?? 'true');
    else values[name] = given ?? takeNext(word);
  }

  /** Parses `-ab`, `-r7` or `-r 7`. */
  function parseShort(arg: string): void {
    for (let index = 1; index < arg.length; index += 1) {
      const word = `-${arg.charAt(index)}`;
      const { name, kind } = find(table, word);
      if (kind === 'flag') {
        flags.add(name);
        continue;
      }
      const given = arg.slice(index + 1);
      values[name] = given === '' ? takeNext(word) : given;
      return;
    }
  }

  function setFlag(name: string, word: string, given: string): void {
    if (given === 'true') flags.add(name);
    else if (given === 'false') flags.delete(name);
    else throw new ToolRefusal(2, `invalid value "${given}" for option ${word}: invalid boolean`);
  }

  function takeNext(word: string): string {
    const next = left.shift();
    if (next === undefined) throw new ToolRefusal(2, `option needs an argument: ${word}`);
    return next;
  }
}

function find(table: OptionTable, word: string): Option {
  const name = word.replace(/^--?/, '');
  const isLong = word.startsWith('--');
  for (const [names, kind] of Object.entries(table)) {
    const [first = '', ...others] = names.split(',');
    if ([first, ...others].includes(name) && isLong === name.length > 1) return { name: first, kind };
  }
  throw new ToolRefusal(2, `option provided but not defined: ${word}`);
}

/** Throws ToolRefusal when there are surplus arguments. */
export function refuseSurplus(surplus: readonly string[]): void {
  if (surplus.length === 0) return;
  throw new ToolRefusal(2, `unrecognized args: [${surplus.map((each) => JSON.stringify(each)).join(' ')}]`);
}

/** Parses `key=value` words into a mapping. Throws ToolRefusal. */
export function parsePairs(words: readonly string[]): Readonly<Record<string, string>> {
  const pairs = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new ToolRefusal(2, `expected "key=value", got ${JSON.stringify(word)}`);
    const key = word.slice(0, at);
    if (pairs.has(key)) throw new ToolRefusal(2, `key ${JSON.stringify(key)} specified more than once`);
    pairs.set(key, word.slice(at + 1));
  }
  return Object.fromEntries(pairs);
}
