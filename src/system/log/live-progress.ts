import type { ProgressEvent, ReadTransfer, ReadWait } from '../../model/job/progress.ts';
import { describeBytes, describeDuration } from '../../model/text/quantities.ts';
import { type ProgressOptions, toOneLine, renderSeconds } from './progress-output.ts';

const REDRAW_MS = 1000;
const USUAL_COLUMNS = 80;
/** The number of running steps that are shown. */
const MAX_SHOWN = 8;
/** Moves the cursor to the start of the line and erases the line. */
const ERASE = '\r\u001b[2K';
/** Moves the cursor up one line and erases that line. */
const ERASE_ABOVE = '\u001b[1A\u001b[2K';

interface RunningStep {
  readonly step: string;
  readonly since: number;
  readonly note: string;
  readonly transfer?: { readonly read: ReadTransfer; readonly since: number };
  /** The newest wait. It ends at the latest when the step ends or transfers data. */
  readonly wait?: ReadWait | undefined;
}

/** Shows progress on a terminal. One live line for each running step shows its elapsed time and the progress of its transfer. */
export class LiveProgress {
  readonly #options: ProgressOptions;
  /** Oldest first. */
  #running: readonly RunningStep[] = [];
  #shownLines = 0;
  #isStopped = false;
  #redrawing: AbortController | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  report(event: ProgressEvent): void {
    if (this.#isStopped) return;
    const end = renderEnd(event, this.#running.find(({ step }) => step === event.step)?.note ?? '');
    this.#update(event);
    if (this.#running.length === 0) this.#stopRedrawing();
    else this.#startRedrawing();
    this.#draw(end);
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
      this.#change(step, { note: event.text });
    } else if (event.kind === 'transfer') {
      this.#change(step, {
        transfer: { read: event.read, since: this.#options.clock.now() },
        wait: undefined,
      });
    } else if (event.kind === 'wait') {
      this.#change(step, { wait: event.read });
    } else if (event.kind !== 'heading') {
      this.#running = others;
    }
  }

  #change(step: string, change: Partial<RunningStep>): void {
    this.#running = this.#running.map((other) => (other.step === step ? { ...other, ...change } : other));
  }

  /** Writes `above` in place of the live lines, then the live lines below it. */
  #draw(above: string): void {
    const live = this.#renderLive();
    const erase = this.#shownLines === 0 ? '' : `${ERASE}${ERASE_ABOVE.repeat(this.#shownLines - 1)}`;
    const text = `${erase}${above}${live.join('\n')}`;
    this.#shownLines = live.length;
    if (text !== '') this.#options.write(text);
  }

  #renderLive(): readonly string[] {
    const now = this.#options.clock.now();
    const shown = this.#running.slice(-MAX_SHOWN);
    const hidden = this.#running.length - shown.length;
    const more = hidden === 0 ? [] : [`… and ${hidden} more`];
    const lines = [...more, ...shown.map((running) => renderRunning(running, now))];
    // Use one column less: some terminals wrap as soon as the last column is filled.
    return lines.map((line) => cut(line, (this.#options.columns || USUAL_COLUMNS) - 1));
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

function renderRunning({ step, since, note, transfer, wait }: RunningStep, now: number): string {
  const seconds = Math.floor((now - since) / 1000);
  const moved = transfer === undefined ? [] : renderTransfer(transfer.read(), now - transfer.since);
  const waited = wait === undefined ? [] : renderWait(wait());
  const parts = [`… ${toOneLine(step)}`, `${seconds} s`, ...moved, ...waited, toOneLine(note)];
  return parts.filter((part) => part !== '').join('  ');
}

/** The number of characters of a foreign text that are read, and of those that are shown. */
const MAX_TEXT = 1000;
const MAX_SEEN = 60;

/** Renders the limit of a wait and the state seen last: `at most 9 min 48 s more`, `BUILD, spawning`. */
function renderWait({ seen, leftMs }: ReturnType<ReadWait>): readonly string[] {
  return [`at most ${describeDuration(leftMs)} more`, cut(toOneLine(seen.slice(0, MAX_TEXT)), MAX_SEEN)];
}

/** Renders the share, the average rate and the remaining time of a transfer: `34 % of 2.0 GiB`, `12 MiB/s`, `2 min 5 s left`. */
function renderTransfer({ moved, size }: ReturnType<ReadTransfer>, milliseconds: number): readonly string[] {
  const rate = milliseconds <= 0 ? 0 : moved / (milliseconds / 1000);
  const speed = `${describeBytes(Math.round(rate))}/s`;
  if (moved === 0) return []; // nothing is known yet
  if (size === undefined || size === 0) return [describeBytes(moved), speed];
  if (moved >= size) return [`100 % of ${describeBytes(size)}, being stored`];
  const share = `${Math.floor((moved / size) * 100)} % of ${describeBytes(size)}`;
  return rate === 0 ? [share] : [share, speed, `${describeDuration(((size - moved) / rate) * 1000)} left`];
}

function renderEnd(event: ProgressEvent, lastNote: string): string {
  const step = toOneLine(event.step);
  switch (event.kind) {
    case 'started':
    case 'note':
    case 'transfer':
    case 'wait':
      return '';
    case 'heading':
      return `${toOneLine(event.text)}\n`;
    case 'finished':
      return `✓ ${step}  ${renderSeconds(event.seconds)}  ${toOneLine(lastNote)}`.trimEnd() + '\n';
    case 'failed':
      return `✗ ${step}  ${renderSeconds(event.seconds)}  ${toOneLine(event.reason)}\n`;
  }
}

function cut(line: string, columns: number): string {
  const characters = Array.from(line);
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join('')}…`;
}
