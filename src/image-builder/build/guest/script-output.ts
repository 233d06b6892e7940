import type { Secret } from '../../../model/secret.ts';
import { Redactor } from '../../../system/log/redactor.ts';

/** Longer than the largest secret, so that a secret is redacted before its line is cut. */
const MAX_PENDING = 256 * 1024;
const MAX_LINE = 2000;
const MAX_SHOWN_BYTES = 512 * 1024;
const MAX_KEPT = 512 * 1024;
const MAX_TAIL_LINES = 100;
const MAX_TAIL_BYTES = 16 * 1024;

/**
 * The output of a script in the guest: shows it line by line while the script runs, and keeps its end for an error. Both
 * are redacted and bounded.
 */
export class ScriptOutput {
  readonly #redactor = new Redactor();
  readonly #show: (line: string) => void;
  #pending = '';
  #kept = '';
  #shownBytes = 0;

  constructor(secrets: Iterable<Secret>, show: (line: string) => void) {
    this.#redactor.add(secrets);
    this.#show = show;
  }

  /** Takes output as it arrives. */
  push(text: string): void {
    this.#kept += text;
    if (this.#kept.length > 2 * MAX_KEPT) this.#kept = afterFirstLine(this.#kept.slice(-MAX_KEPT));
    const [first = '', ...others] = text.split('\n');
    this.#pending += first.slice(0, MAX_PENDING - this.#pending.length);
    for (const line of others) {
      this.#showLine(this.#pending);
      this.#pending = line.slice(0, MAX_PENDING);
    }
  }

  /** Ends the output and returns its last lines. */
  end(): readonly string[] {
    this.#showLine(this.#pending);
    this.#pending = '';
    const lines = this.#toLines(this.#kept).slice(-MAX_TAIL_LINES).reverse();
    let bytes = 0;
    const tooMany = lines.findIndex((line) => (bytes += Buffer.byteLength(line) + 1) > MAX_TAIL_BYTES);
    return lines.slice(0, tooMany === -1 ? lines.length : tooMany).reverse();
  }

  /** Replaces the secrets in a text. */
  redact(text: string): string {
    // The redactor looks for short secrets in texts with blanks only.
    return this.#redactor.redact(`| ${text}`).slice(2);
  }

  #showLine(raw: string): void {
    if (this.#shownBytes > MAX_SHOWN_BYTES) return; // before the redaction, which takes most of the time
    for (const line of this.#toLines(raw)) {
      this.#shownBytes += Buffer.byteLength(line) + 1;
      this.#show(this.#shownBytes > MAX_SHOWN_BYTES ? 'the output is too long: its rest is not shown' : line);
      if (this.#shownBytes > MAX_SHOWN_BYTES) return;
    }
  }

  /** Returns the redacted lines that are not blank. A carriage return, which redraws a progress bar, ends a line too. */
  #toLines(raw: string): readonly string[] {
    const lines = this.redact(raw)
      .split(/[\r\n]+/)
      .filter((line) => line.trim() !== '');
    return lines.map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line));
  }
}

/** Drops an incomplete first line, which may contain the end of a secret. */
function afterFirstLine(text: string): string {
  return text.slice(text.indexOf('\n') + 1);
}
