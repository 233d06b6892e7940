import { describe, expect, test } from '@jest/globals';
import type { ProgressEvent } from '../../../src/model/progress.ts';
import type { Progress } from '../../../src/system/log/progress-output.ts';
import { createProgress } from '../../../src/system/log/progress.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Shown {
  readonly progress: Progress;
  readonly clock: ManualClock;
  /** Everything written so far. */
  readonly text: () => string;
}

function show(isTerminal: boolean, columns = 60): Shown {
  const clock = new ManualClock();
  const written: string[] = [];
  const write = (text: string): void => {
    written.push(text);
  };
  return {
    progress: createProgress({ isTerminal, columns, write, clock }),
    clock,
    text: () => written.join(''),
  };
}

/** Returns the visible lines of a terminal after this output. */
function screenOf(text: string): readonly string[] {
  return text.split('\n').map((line) => line.split('\r\u001b[2K').at(-1) ?? '');
}

const STARTED: ProgressEvent = { kind: 'started', step: 'create server' };
const FINISHED: ProgressEvent = { kind: 'finished', step: 'create server', seconds: 3.24 };
const FAILED: ProgressEvent = {
  kind: 'failed',
  step: 'create server',
  seconds: 3,
  reason: 'no host\nwas found',
};

describe('progress in a file', () => {
  test.each<[string, readonly ProgressEvent[], string]>([
    ['a successful step', [STARTED, FINISHED], 'create server …\ncreate server: 3.2 s\n'],
    [
      'a failed step',
      [STARTED, FAILED],
      'create server …\ncreate server: failed after 3.0 s: no host was found\n',
    ],
    [
      'a repeated note once',
      [
        STARTED,
        ...Array.from({ length: 3 }, (): ProgressEvent => ({
          kind: 'note',
          step: 'create server',
          text: 'BUILD',
        })),
      ],
      'create server …\ncreate server: BUILD\n',
    ],
  ])('a file receives %s in plain lines', (_what, events, lines) => {
    const { progress, clock, text } = show(false);
    for (const event of events) progress.report(event);
    expect(text()).toBe(lines);
    expect(clock.sleeping).toBe(0);
  });

  test('escape codes from a guest are removed', () => {
    const { progress, text } = show(false);
    progress.report({ kind: 'note', step: 'run\u001b[2J', text: '\u001b[31mred\r\nline' });
    expect(text()).toBe('run [2J: [31mred line\n');
  });

  test('events after stop are not written to a file', () => {
    const { progress, text } = show(false);
    progress.stop();
    progress.report(STARTED);
    expect(text()).toBe('');
  });
});

describe('progress on a terminal', () => {
  test('the live line counts seconds while a step runs', async () => {
    const { progress, clock, text } = show(true);
    progress.report(STARTED);
    expect(screenOf(text())).toEqual(['… create server  0 s']);
    await clock.advance(2500);
    expect(screenOf(text())).toEqual(['… create server  2 s']);
    progress.report({ kind: 'note', step: 'create server', text: 'BUILD' });
    expect(screenOf(text())).toEqual(['… create server  2 s  BUILD']);
    progress.stop();
  });

  test('finished steps stay above the running step', () => {
    const { progress, text } = show(true);
    const next: ProgressEvent = { kind: 'started', step: 'wait for server' };
    for (const event of [STARTED, FINISHED, next, { ...FAILED, step: 'wait for server' }])
      progress.report(event);
    expect(screenOf(text())).toEqual([
      '✓ create server  3.2 s',
      '✗ wait for server  3.0 s  no host was found',
      '',
    ]);
  });

  test('the live line shows the newest of several running steps', async () => {
    const { progress, clock, text } = show(true);
    progress.report({ kind: 'started', step: 'upload to a' });
    await clock.advance(4000);
    progress.report({ kind: 'started', step: 'upload to b' });
    expect(screenOf(text())).toEqual(['… upload to b  0 s']);
    await clock.advance(1000);
    progress.report({ kind: 'finished', step: 'upload to b', seconds: 1 });
    expect(screenOf(text())).toEqual(['✓ upload to b  1.0 s', '… upload to a  5 s']);
    progress.stop();
  });

  test.each([
    [20, '… create a very lo…'],
    [60, '… create a very long server  0 s'],
    [0, '… create a very long server  0 s'],
  ])('the live line fits into %i columns, where 0 means unknown', (columns, line) => {
    const { progress, text } = show(true, columns);
    progress.report({ kind: 'started', step: 'create a very long server' });
    expect(screenOf(text())).toEqual([line]);
    progress.stop();
  });

  test('other text is printed above the live line', () => {
    const { progress, text } = show(true);
    progress.report(STARTED);
    progress.print('a line of the log\n');
    expect(screenOf(text())).toEqual(['a line of the log', '… create server  0 s']);
    progress.stop();
  });

  test('stop removes the live line and the timer, and the cursor was never hidden', async () => {
    const { progress, clock, text } = show(true);
    progress.report(STARTED);
    progress.stop();
    progress.stop();
    await clock.advance(5000);
    progress.report(FINISHED);
    expect(screenOf(text())).toEqual(['']);
    expect(clock.sleeping).toBe(0);
    expect(text()).not.toContain('\u001b[?25l');
  });

  test('no timer runs when no step runs', () => {
    const { progress, clock } = show(true);
    progress.report(STARTED);
    progress.report(FINISHED);
    expect(clock.sleeping).toBe(0);
  });
});
