import { ARCHES, type Arch, findArch } from '../../model/arch.ts';
import { BASE_SPELLINGS, type Base, findBase } from '../../model/base.ts';
import { InputError } from '../../model/errors.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../model/timeouts.ts';

/** Options as the command line has them: strings, by their name in camelCase. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** Reads options one by one and keeps every problem, so that all are told at once. */
export class OptionReader {
  readonly #raw: RawOptions;
  readonly #problems: string[] = [];

  constructor(raw: RawOptions) {
    this.#raw = raw;
  }

  /** The option's text; empty when it was not given. */
  text(name: string): string {
    const value = this.#raw[name];
    return typeof value === 'string' ? value.trim() : '';
  }

  /** The option as the command line has it. */
  raw(name: string): unknown {
    return this.#raw[name];
  }

  /** Was the flag given? */
  isSet(name: string): boolean {
    return this.#raw[name] === true;
  }

  /** Was the flag taken back, as `--no-…` does? */
  isOff(name: string): boolean {
    return this.#raw[name] === false;
  }

  /** Was the option given, were it empty? */
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

  /** A list of bases, each once. */
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

  /** A comma list of names, each once. */
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

  /** A name that all services take. */
  name(name: string, option: string, most: number): string {
    const text = this.text(name);
    this.checkName(text, option, most);
    return text;
  }

  checkName(text: string, option: string, most: number): void {
    if (text.length > most) this.problem(option, `at most ${most} characters`, `${text.length}`);
    if (!/^[\w.:@ /+-]*$/.test(text)) this.problem(option, 'letters, digits and . _ - : @ / +', 'others');
  }

  /** A TCP port; what the environment says counts when the option was not given. */
  port(name: string, option: string, environment: string, otherwise: number): number {
    return this.#wholeNumber(this.text(name) || environment.trim(), option, [1, 65_535], otherwise);
  }

  wholeNumber(name: string, option: string, least: number, otherwise: number): number {
    return this.#wholeNumber(this.text(name), option, [least, 1_000_000], otherwise);
  }

  #wholeNumber(
    text: string,
    option: string,
    [least, most]: readonly [number, number],
    otherwise: number,
  ): number {
    if (text === '') return otherwise;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    this.problem(option, `a whole number from ${least} to ${most}`, text);
    return otherwise;
  }

  /** An http or https URL; its value may be secret and is not told. */
  url(name: string, option: string, otherwise = ''): string {
    return this.checkUrl(this.text(name) || otherwise, option);
  }

  /** Returns the text of a URL, or nothing when it is none. */
  checkUrl(text: string, option: string): string {
    if (text === '') return '';
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '') return text;
    this.problem(option, 'a URL like https://example.com/path', 'something else');
    return '';
  }

  version(name: string, option: string): string {
    const text = this.text(name).replace(/^v/, '');
    if (text !== '' && !/^\d+\.\d+\.\d+$/.test(text)) this.problem(option, 'a version like 2.331.0', text);
    return text;
  }

  /** All time-outs: those given, and the defaults. */
  timeouts(): Timeouts {
    return { ...DEFAULT_TIMEOUTS, ...this.givenTimeouts() };
  }

  /** The time-outs that differ from the default. */
  givenTimeouts(): Partial<Timeouts> {
    const names = Object.keys(DEFAULT_TIMEOUTS) as (keyof Timeouts)[];
    const read = names.map(
      (name) => [name, this.wholeNumber(name, timeoutOption(name), 1, DEFAULT_TIMEOUTS[name])] as const,
    );
    return Object.fromEntries(read.filter(([name, seconds]) => seconds !== DEFAULT_TIMEOUTS[name]));
  }

  /** Refuses an option of a later version. */
  notYet(name: string, option: string): void {
    if (this.text(name) !== '') this.#problems.push(`${option}: not in this version`);
  }

  /** Takes up the problems that another parser found. */
  attempt<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#problems.push(...error.problems);
      return undefined;
    }
  }

  /** Throws InputError when there were problems. */
  done(): void {
    if (this.#problems.length > 0) throw new InputError(this.#problems);
  }
}
