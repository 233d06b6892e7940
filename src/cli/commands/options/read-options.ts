import { ARCHES, type Arch, findArch } from '../../../model/image/arch.ts';
import { BASE_SPELLINGS, type Base, findBase } from '../../../model/image/base.ts';
import { CHANNEL_FORM, type Channel, NO_CHANNEL, parseChannel } from '../../../model/image/channel.ts';
import { isUuid } from '../../../model/decode.ts';
import { InputError } from '../../../model/errors.ts';
import { parseHttpUrl } from '../../../model/text/http-url.ts';
import { readCidrs } from '../../../system/http/cidr.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../../model/job/timeouts.ts';

/** The longest part of a wrong id that a message repeats. */
const MAXIMUM_QUOTED = 100;

/** Options as commander returns them, by their names in camelCase. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** Reads options one by one and collects all problems, so that they are reported together. */
export class OptionReader {
  readonly #raw: RawOptions;
  readonly #problems: string[] = [];

  constructor(raw: RawOptions) {
    this.#raw = raw;
  }

  /** Returns the text of an option; empty when it was not given. */
  text(name: string): string {
    const value = this.#raw[name];
    return typeof value === 'string' ? value.trim() : '';
  }

  /** Returns an option as commander returned it. */
  raw(name: string): unknown {
    return this.#raw[name];
  }

  /** Reports whether a flag was given. */
  isSet(name: string): boolean {
    return this.#raw[name] === true;
  }

  /** Reports whether a flag was negated with `--no-…`. */
  isOff(name: string): boolean {
    return this.#raw[name] === false;
  }

  /** Reports whether an option was given, even as an empty text. */
  isGiven(name: string): boolean {
    return this.#raw[name] !== undefined;
  }

  problem(option: string, expected: string, got: string): void {
    this.#problems.push(`${option}: expected ${expected}, got ${got === '' ? 'nothing' : got}`);
  }

  arch(hostArch: string): Arch {
    const given = this.text('arch');
    const arch = findArch(given === '' ? hostArch : given);
    if (arch === undefined) this.problem('--arch', `one of ${ARCHES.join(', ')}`, given);
    return arch ?? 'x64';
  }

  base(): Base {
    return this.#findBase('--base-image', this.text('baseImage'));
  }

  /** Reads a list of bases without duplicates. */
  bases(): readonly [Base, ...Base[]] {
    const names = this.text('baseImage').split(',');
    const [first = 'noble', ...others] = new Set(
      names.map((name) => this.#findBase('--base-image', name.trim())),
    );
    return [first, ...others];
  }

  #findBase(option: string, text: string): Base {
    const base = findBase(text);
    if (base === undefined) this.problem(option, `one of ${BASE_SPELLINGS.join(', ')}`, text);
    return base ?? 'noble';
  }

  /** Reads a comma-separated list of names and refuses duplicates. */
  names(name: string, option: string): readonly string[] {
    const given =
      this.text(name) === ''
        ? []
        : this.text(name)
            .split(',')
            .map((each) => each.trim());
    if (given.includes('')) this.problem(option, 'names with commas between them', this.text(name));
    const twice = given.find((each, index) => given.indexOf(each) !== index);
    if (twice !== undefined) this.problem(option, 'each cloud once', `${twice} twice`);
    return given;
  }

  /** Reads a list of networks in CIDR notation. */
  cidrs(name: string, option: string): readonly string[] {
    const { cidrs, problem } = readCidrs(this.text(name));
    if (problem !== undefined) this.problem(option, problem.expected, problem.got);
    return cidrs;
  }

  /** Reads a name that all services accept. */
  name(name: string, option: string, most: number): string {
    const text = this.text(name);
    this.checkName(text, option, most);
    return text;
  }

  checkName(text: string, option: string, most: number): void {
    if (text.length > most) this.problem(option, `at most ${most} characters`, `${text.length}`);
    if (!/^[\w.:@ /+-]*$/.test(text)) this.problem(option, 'letters, digits and . _ - : @ / +', 'others');
  }

  /** Checks the id of an image. Glance makes UUIDs, and a name in its place would match nothing. */
  checkId(id: string, option: string): void {
    if (!isUuid(id)) this.problem(option, 'the id of an image, a UUID', id.slice(0, MAXIMUM_QUOTED));
  }

  /** Reads a TCP port. The value of the environment is used when the option was not given. */
  port(name: string, option: string, environment: string, defaultValue: number): number {
    return this.#wholeNumber(this.text(name) || environment.trim(), option, [1, 65_535], defaultValue);
  }

  wholeNumber(name: string, option: string, least: number, defaultValue: number): number {
    return this.#wholeNumber(this.text(name), option, [least, 1_000_000], defaultValue);
  }

  #wholeNumber(
    text: string,
    option: string,
    [least, most]: readonly [number, number],
    defaultValue: number,
  ): number {
    if (text === '') return defaultValue;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    this.problem(option, `a whole number from ${least} to ${most}`, text);
    return defaultValue;
  }

  /** Reads an http or https URL. The problem does not repeat the value, which may be secret. */
  url(name: string, option: string, defaultUrl = ''): string {
    return this.checkUrl(this.text(name) || defaultUrl, option);
  }

  /** Returns `text` when it is an http or https URL, or else an empty text. */
  checkUrl(text: string, option: string): string {
    if (text === '') return '';
    if (parseHttpUrl(text) !== undefined) return text;
    this.problem(option, 'a URL like https://example.com/path', 'something else');
    return '';
  }

  /** Reads a snap channel; empty when the option was not given. */
  channel(name: string, option: string): Channel {
    const text = this.text(name);
    if (text === '') return NO_CHANNEL;
    const channel = parseChannel(text);
    if (channel === undefined) this.problem(option, CHANNEL_FORM, text);
    return channel ?? NO_CHANNEL;
  }

  version(name: string, option: string): string {
    const text = this.text(name).replace(/^v/, '');
    if (text !== '' && !/^\d+\.\d+\.\d+$/.test(text)) this.problem(option, 'a version like 2.331.0', text);
    return text;
  }

  /** Reads all time-outs, with defaults for those that were not given. */
  timeouts(): Timeouts {
    return { ...DEFAULT_TIMEOUTS, ...this.givenTimeouts() };
  }

  /** Reads the time-outs that differ from their default. */
  givenTimeouts(): Partial<Timeouts> {
    const names = Object.keys(DEFAULT_TIMEOUTS) as (keyof Timeouts)[];
    const read = names.map(
      (name) => [name, this.wholeNumber(name, timeoutOption(name), 1, DEFAULT_TIMEOUTS[name])] as const,
    );
    return Object.fromEntries(read.filter(([name, seconds]) => seconds !== DEFAULT_TIMEOUTS[name]));
  }

  /** Runs another parser and collects the problems of its InputError. */
  attempt<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#problems.push(...error.problems);
      return undefined;
    }
  }

  /** Throws InputError with all problems, if there are any. */
  throwProblems(): void {
    if (this.#problems.length > 0) throw new InputError(this.#problems);
  }
}
