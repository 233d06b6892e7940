import type { ProgressEvent } from '../../model/job/progress.ts';
import { LiveProgress } from './live-progress.ts';
import { type Progress, type ProgressOptions, toOneLine, renderSeconds } from './progress-output.ts';

/** Creates progress output: on a terminal a live line below the finished steps, elsewhere one line for each event. */
export function createProgress(options: ProgressOptions): Progress {
  return options.isTerminal ? createLiveProgress(options) : createPlainProgress(options);
}

function createLiveProgress(options: ProgressOptions): Progress {
  const live = new LiveProgress(options);
  return {
    report: (event) => {
      live.report(event);
    },
    print: (text) => {
      live.print(text);
    },
    stop: () => {
      live.stop();
    },
  };
}

function createPlainProgress({ write, clock }: ProgressOptions): Progress {
  let isStopped = false;
  let last = '';
  const report = (event: ProgressEvent): void => {
    if (event.kind === 'transfer' || event.kind === 'wait') return;
    const line = `${renderPlain(event)}\n`;
    const time = new Date(clock.now()).toISOString().slice(0, 19);
    if (!isStopped && line !== last) write(`${time}Z ${line}`); // polling a server for minutes repeats the same event
    last = line;
  };
  const stop = (): void => {
    isStopped = true;
  };
  return { report, print: write, stop };
}

function renderPlain(event: Exclude<ProgressEvent, { kind: 'transfer' | 'wait' }>): string {
  const step = toOneLine(event.step);
  switch (event.kind) {
    case 'started':
      return `${step} …`;
    case 'note':
      return `${step}: ${toOneLine(event.text)}`;
    case 'heading':
      return toOneLine(event.text);
    case 'finished':
      return `${step}: ${renderSeconds(event.seconds)}`;
    case 'failed':
      return `${step}: failed after ${renderSeconds(event.seconds)}: ${toOneLine(event.reason)}`;
  }
}
