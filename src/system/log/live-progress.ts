import type { ProgressEvent } from '../../model/progress.ts';
import { type ProgressOptions, toOneLine, renderSeconds } from './progress-output.ts';

const REDRAW_MS = 1000;
const USUAL_COLUMNS = 80;
/** Moves the cursor to the start of the line and erases the line. */
const ERASE = '\r\u001b[2K';

interface RunningStep {
  readonly step: string;
  readonly since: number;
  readonly note: string;
}

/** Shows progress on a terminal. A live line shows the newest running step and its elapsed time. */
export class LiveProgress {
  readonly #options: ProgressOptions;
  /** Oldest first. */
  #running: readonly RunningStep[] = [];
  #isShown = false;
  #isStopped = false;
  #redrawing: AbortController | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  report(event: ProgressEvent): void {
    if (this.#isStopped) return;
    this.#update(event);
    if (this.#running.length === 0) this.#stopRedrawing();
    else this.#startRedrawing();
    this.#draw(renderEnd(event));
  }

  print(text: string): void {
    this.#draw(text);
  }

  stop(): void {
    this.#isStopped = true;
    this.#running = [];
    this.#stopRedrawing();
    this.#draw('');
  }

  #update(event: ProgressEvent): void {
    const { step } = event;
    const others = this.#running.filter((running) => running.step !== step);
    if (event.kind === 'started') {
      this.#running = [...others, { step, since: this.#options.clock.now(), note: '' }];
    } else if (event.kind === 'note') {
      this.#running = this.#running.map((other) =>
        other.step === step ? { ...other, note: event.text } : other,
      );
    } else {
      this.#running = others;
    }
  }

  /** Writes `above` in place of the live line, then the live line below it. */
  #draw(above: string): void {
    const live = this.#renderLive();
    const text = `${this.#isShown ? ERASE : ''}${above}${live}`;
    this.#isShown = live !== '';
    if (text !== '') this.#options.write(text);
  }

  #renderLive(): string {
    const newest = this.#running.at(-1);
    if (newest === undefined) return '';
    const seconds = Math.floor((this.#options.clock.now() - newest.since) / 1000);
    const line = `… ${toOneLine(newest.step)}  ${seconds} s  ${toOneLine(newest.note)}`.trimEnd();
    // Use one column less: some terminals wrap as soon as the last column is filled.
    return cut(line, (this.#options.columns || USUAL_COLUMNS) - 1);
  }

  #startRedrawing(): void {
    if (this.#redrawing !== undefined) return;
    this.#redrawing = new AbortController();
    this.#redraw(this.#redrawing.signal).catch(() => undefined); // rejects when redrawing stops
  }

  async #redraw(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(REDRAW_MS, signal);
      this.#draw('');
    }
  }

  #stopRedrawing(): void {
    this.#redrawing?.abort();
    this.#redrawing = undefined;
  }
}

function renderEnd(event: ProgressEvent): string {
  const step = toOneLine(event.step);
  switch (event.kind) {
    case 'started':
    case 'note':
      return '';
    case 'finished':
      return `✓ ${step}  ${renderSeconds(event.seconds)}\n`;
    case 'failed':
      return `✗ ${step}  ${renderSeconds(event.seconds)}  ${toOneLine(event.reason)}\n`;
  }
}

function cut(line: string, columns: number): string {
  const characters = Array.from(line);
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join('')}…`;
}
