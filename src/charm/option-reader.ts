import { Secret } from '../model/secret.ts';

/** Reads the charm's options one by one and collects their problems. */
export class OptionReader {
  readonly #raw: Readonly<Record<string, unknown>>;
  readonly #problems: string[] = [];
  readonly #missing: string[] = [];

  constructor(raw: Readonly<Record<string, unknown>>) {
    this.#raw = raw;
  }

  /** All problems. The first one lists the required options that are not set. */
  get problems(): readonly string[] {
    return this.#missing.length === 0
      ? this.#problems
      : [`set ${this.#missing.join(', ')}`, ...this.#problems];
  }

  addProblem(option: string, expected: string, got: string): void {
    this.#problems.push(`${option}: expected ${expected}, got ${got === '' ? 'nothing' : got}`);
  }

  /** Returns the option's trimmed text; empty when it is not set. */
  text(option: string): string {
    const value = this.#raw[option] ?? '';
    if (typeof value === 'string') return value.trim();
    this.addProblem(option, 'a text', `a ${typeof value}`);
    return '';
  }

  /** Returns the text of a required option. */
  required(option: string): string {
    const text = this.text(option);
    if (text === '') this.#missing.push(option);
    return text;
  }

  integer(option: string, least: number, most: number): number {
    const value = this.#raw[option];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) {
      return value;
    }
    const got = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
    this.addProblem(option, `a whole number from ${least} to ${most}`, got);
    return least;
  }

  /** Checks and returns an http or https URL without credentials. */
  publicUrl(option: string, text: string): string {
    const url = parseHttpUrl(text);
    if (url === undefined) this.addProblem(option, 'a URL like https://example.com/path', shorten(text));
    if (url !== undefined && (url.username !== '' || url.password !== '')) {
      this.addProblem(option, 'a URL without user and password', 'one with them');
    }
    return text;
  }

  /** Returns an http or https URL that may hold a token. Its problem does not repeat the value. */
  secretUrl(option: string): Secret | undefined {
    const text = this.text(option);
    if (text === '') return undefined;
    if (parseHttpUrl(text) === undefined) {
      this.addProblem(option, 'a URL like https://example.com/path', 'something else');
    }
    return new Secret(text);
  }

  /** Checks and returns the URI of a Juju secret, without reading the secret. */
  secretUri(option: string, text: string): string {
    if (text !== '' && !text.startsWith('secret:')) {
      this.addProblem(option, 'the URI of a Juju secret like secret:<id>', 'something else'); // not repeated: it may be the secret itself
    }
    return text;
  }
}

function parseHttpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : undefined;
}

/** Returns the text as one short line. */
function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= 60 ? line : `${line.slice(0, 60)}…`;
}
