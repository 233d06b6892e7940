import type { ProgressEvent } from '../../model/progress.ts';
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

function createPlainProgress({ write }: ProgressOptions): Progress {
  let isStopped = false;
  let last = '';
  const report = (event: ProgressEvent): void => {
    const line = `${toOneLine(event.step)}${renderPlain(event)}\n`;
    if (!isStopped && line !== last) write(line); // polling a server for minutes repeats the same event
    last = line;
  };
  const stop = (): void => {
    isStopped = true;
  };
  return { report, print: write, stop };
}

function renderPlain(event: ProgressEvent): string {
  switch (event.kind) {
    case 'started':
      return ' …';
    case 'note':
      return `: ${toOneLine(event.text)}`;
    case 'finished':
      return `: ${renderSeconds(event.seconds)}`;
    case 'failed':
      return `: failed after ${renderSeconds(event.seconds)}: ${toOneLine(event.reason)}`;
  }
}
