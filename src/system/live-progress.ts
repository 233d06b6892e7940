import type { ProgressEvent } from '../model/progress.ts';
import { type ProgressOptions, oneLine, renderSeconds } from './progress-view.ts';

const TICK_MS = 1000;
const USUAL_COLUMNS = 80;
/** To the line's start, and the line erased. */
const ERASE = '\r\u001b[2K';

interface RunningStep {
  readonly step: string;
  readonly since: number;
  readonly note: string;
}

/** Progress on a terminal: the newest of the running steps has a line that ticks. */
export class LiveProgress {
  readonly #options: ProgressOptions;
  /** Oldest first. */
  #running: readonly RunningStep[] = [];
  #isShown = false;
  #isStopped = false;
  #ticker: AbortController | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  report(event: ProgressEvent): void {
    if (this.#isStopped) return;
    this.#follow(event);
    if (this.#running.length === 0) this.#stopTicking();
    else this.#startTicking();
    this.#draw(renderEnd(event));
  }

  print(text: string): void {
    this.#draw(text);
  }

  stop(): void {
    this.#isStopped = true;
    this.#running = [];
    this.#stopTicking();
    this.#draw('');
  }

  #follow(event: ProgressEvent): void {
    const { step } = event;
    const others = this.#running.filter((running) => running.step !== step);
    if (event.kind === 'started') {
      this.#running = [...others, { step, since: this.#options.clock.now(), note: '' }];
    } else if (event.kind === 'note') {
      this.#running = this.#running.map((it) => (it.step === step ? { ...it, note: event.text } : it));
    } else {
      this.#running = others;
    }
  }

  /** Puts `above` where the live line was, and that line under it. */
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
    const line = `… ${oneLine(newest.step)}  ${seconds} s  ${oneLine(newest.note)}`.trimEnd();
    // One column less: some terminals wrap as soon as the last one is filled.
    return cut(line, (this.#options.columns || USUAL_COLUMNS) - 1);
  }

  #startTicking(): void {
    if (this.#ticker !== undefined) return;
    this.#ticker = new AbortController();
    this.#tick(this.#ticker.signal).catch(() => undefined); // rejects when it is stopped
  }

  async #tick(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(TICK_MS, signal);
      this.#draw('');
    }
  }

  #stopTicking(): void {
    this.#ticker?.abort();
    this.#ticker = undefined;
  }
}

function renderEnd(event: ProgressEvent): string {
  const step = oneLine(event.step);
  switch (event.kind) {
    case 'started':
    case 'note':
      return '';
    case 'finished':
      return `✓ ${step}  ${renderSeconds(event.seconds)}\n`;
    case 'failed':
      return `✗ ${step}  ${renderSeconds(event.seconds)}  ${oneLine(event.reason)}\n`;
  }
}

function cut(line: string, columns: number): string {
  const characters = Array.from(line);
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join('')}…`;
}
