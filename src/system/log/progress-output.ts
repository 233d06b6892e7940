import type { Clock } from '../../model/clock.ts';
import type { ProgressEvent } from '../../model/job/progress.ts';

/** The output that progress is written to. */
export interface ProgressOptions {
  readonly isTerminal: boolean;
  /** The terminal's width; 0 when it is unknown. */
  readonly columns: number;
  readonly write: (text: string) => void;
  readonly clock: Clock;
}

/** Shows the steps of a build. */
export interface Progress {
  readonly report: (event: ProgressEvent) => void;
  /** Writes other text, such as log lines, without breaking the live line. */
  readonly print: (text: string) => void;
  /** Removes the live line and ignores all later events. */
  readonly stop: () => void;
}

/** Returns `text` without line ends and other control characters, which may come from a server or a guest. */
export function toOneLine(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** Renders seconds as `3.2 s`. */
export function renderSeconds(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
