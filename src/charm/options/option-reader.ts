import { parseHttpUrl } from '../../model/text/http-url.ts';
import { Secret } from '../../model/secret.ts';

/** The limit of a text in characters. Options become parts of files, job orders and statuses. */
const MAX_LENGTH = 10_000;

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
    this.#problems.push(`${option}: expected ${expected}, got ${got === '' ? 'nothing' : shorten(got)}`);
  }

  /** Returns the option's trimmed text, of at most `maximum` characters; empty when it is not set. */
  text(option: string, maximum = MAX_LENGTH): string {
    const value = this.#raw[option] ?? '';
    const { length } = typeof value === 'string' ? value : '';
    if (typeof value !== 'string') this.addProblem(option, 'a text', `a ${typeof value}`);
    else if (length <= maximum) return value.trim();
    else this.addProblem(option, `at most ${maximum} characters`, `${length}`);
    return '';
  }

  /** Returns the text of a required option. */
  required(option: string): string {
    const text = this.text(option);
    if (text === '') this.#missing.push(option);
    return text;
  }

  flag(option: string): boolean {
    const value = this.#raw[option] ?? false;
    if (typeof value !== 'boolean') {
      this.addProblem(option, 'true or false', typeof value === 'string' ? value : `a ${typeof value}`);
    }
    return value === true;
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
    if (url === undefined) this.addProblem(option, 'a URL like https://example.com/path', text);
    if (url !== undefined && (url.username !== '' || url.password !== '')) {
      this.addProblem(option, 'a URL without user and password', 'one with them');
    }
    return text;
  }

  /** Returns the exact text of a plain option that contains a secret; undefined when it is not set. */
  secret(option: string): Secret | undefined {
    return this.text(option) === '' ? undefined : new Secret(String(this.#raw[option]));
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
    if (text !== '' && !isSecretUri(text)) {
      this.addProblem(option, 'the URI of a Juju secret like secret:<id>', 'something else'); // not repeated: it may be the secret itself
    }
    return text;
  }
}

const MAX_URI_LENGTH = 300;

/** Reports whether a text can be the URI of a Juju secret, whose id is opaque, and an argument of a hook tool. */
export function isSecretUri(text: string): boolean {
  return text.startsWith('secret:') && text.length <= MAX_URI_LENGTH && !text.includes('\0');
}

/** Returns the text as one short line. */
function shorten(text: string): string {
  const line = text.slice(0, 1000).replace(/\s+/g, ' ');
  return line.length <= 60 ? line : `${line.slice(0, 60)}…`;
}
