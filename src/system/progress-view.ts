import type { Clock } from '../model/clock.ts';
import type { ProgressEvent } from '../model/progress.ts';

/** Where progress is shown. */
export interface ProgressOptions {
  readonly isTerminal: boolean;
  /** The terminal's width; 0 when it does not tell. */
  readonly columns: number;
  readonly write: (text: string) => void;
  readonly clock: Clock;
}

/** Shows the steps of a build to whoever watches. */
export interface Progress {
  readonly report: (event: ProgressEvent) => void;
  /** Writes other text, such as lines of the log, without spoiling what is shown. */
  readonly print: (text: string) => void;
  /** Takes the live line away, for good; what is reported later is not shown. */
  readonly stop: () => void;
}

/** `text` without line ends and other controls, which a server or a guest may have put into it. */
export function oneLine(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** `3.2 s`. */
export function renderSeconds(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
