import type { Clock } from '../../model/clock.ts';
import type { ProgressEvent } from '../../model/job/progress.ts';
import { renderJsonLine } from './log-line.ts';
import type { Progress } from './progress-output.ts';

/** Creates progress output for programs: each event is one JSON log line, which model/job/progress-lines.ts reads. */
export function createJsonProgress({
  write,
  clock,
}: {
  readonly write: (text: string) => void;
  readonly clock: Clock;
}): Progress {
  let isStopped = false;
  let last = '';
  const report = (event: ProgressEvent): void => {
    if (event.kind === 'transfer' || event.kind === 'wait') return;
    const { kind, ...fields } = event;
    const current = JSON.stringify([kind, fields]);
    const hasChanged = current !== last; // polling a server for minutes repeats the same event
    last = current;
    if (isStopped || !hasChanged) return;
    write(`${renderJsonLine({ time: clock.now(), level: 'info', message: `step ${kind}`, fields })}\n`);
  };
  const stop = (): void => {
    isStopped = true;
  };
  return { report, print: write, stop };
}
