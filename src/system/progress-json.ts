import type { Clock } from '../model/clock.ts';
import type { ProgressEvent } from '../model/progress.ts';
import { renderJsonLine } from './log-line.ts';
import type { Progress } from './progress-view.ts';

/** Progress for machines: each event is one line of the JSON log, as model/progress-lines.ts reads it. */
export function createJsonProgress({
  write,
  clock,
}: {
  readonly write: (text: string) => void;
  readonly clock: Clock;
}): Progress {
  let isStopped = false;
  let last = '';
  const report = ({ kind, ...fields }: ProgressEvent): void => {
    const told = JSON.stringify([kind, fields]);
    const isNews = told !== last; // a server polled for minutes says the same again and again
    last = told;
    if (isStopped || !isNews) return;
    write(`${renderJsonLine({ time: clock.now(), level: 'info', message: `step ${kind}`, fields })}\n`);
  };
  const stop = (): void => {
    isStopped = true;
  };
  return { report, print: write, stop };
}
