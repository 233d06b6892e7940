import { describe, expect, test } from '@jest/globals';
import type { ProgressEvent } from '../../../src/model/job/progress.ts';
import type { Progress } from '../../../src/system/log/progress-output.ts';
import { createProgress } from '../../../src/system/log/progress.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** The time of the clock at the start of a test. */
const TIME = `${new Date(new ManualClock().now()).toISOString().slice(0, 19)}Z`;

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
  const lines = [''];
  const marked = text.replaceAll('\u001b[1A\u001b[2K', '\0up\0').replaceAll('\r\u001b[2K', '\0erase\0');
  for (const part of marked.replaceAll('\n', '\0down\0').split('\0')) {
    if (part === 'down') lines.push('');
    else if (part === 'up') lines.splice(-2, 2, '');
    else if (part === 'erase') lines.splice(-1, 1, '');
    else lines.push(`${lines.pop() ?? ''}${part}`);
  }
  return lines;
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
    ['a successful step', [STARTED, FINISHED], `${TIME} create server …\n${TIME} create server: 3.2 s\n`],
    [
      'a failed step',
      [STARTED, FAILED],
      `${TIME} create server …\n${TIME} create server: failed after 3.0 s: no host was found\n`,
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
      `${TIME} create server …\n${TIME} create server: BUILD\n`,
    ],
  ])('a file receives %s in plain lines', (_what, events, lines) => {
    const { progress, clock, text } = show(false);
    for (const event of events) progress.report(event);
    expect(text()).toBe(lines);
    expect(clock.sleeping).toBe(0);
  });

  test('a file receives the heading as a line, and nothing of waits and transfers', () => {
    const { progress, text } = show(false);
    progress.report({ kind: 'heading', step: 'create server', text: 'builds n (by hand)' });
    progress.report({ kind: 'wait', step: 'create server', read: () => ({ seen: 'BUILD', leftMs: 1 }) });
    progress.report({ kind: 'transfer', step: 'create server', read: () => ({ moved: 1, size: 2 }) });
    expect(text()).toBe(`${TIME} builds n (by hand)\n`);
  });

  test('escape codes from a guest are removed', () => {
    const { progress, text } = show(false);
    progress.report({ kind: 'note', step: 'run\u001b[2J', text: '\u001b[31mred\r\nline' });
    expect(text()).toBe(`${TIME} run [2J: [31mred line\n`);
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

  test('each of several running steps has a live line', async () => {
    const { progress, clock, text } = show(true);
    progress.report({ kind: 'started', step: 'upload to a' });
    await clock.advance(4000);
    progress.report({ kind: 'started', step: 'upload to b' });
    expect(screenOf(text())).toEqual(['… upload to a  4 s', '… upload to b  0 s']);
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

  test('the live line of a transfer shows its share, rate and remaining time, for each of parallel copies', async () => {
    const { progress, clock, text } = show(true, 80);
    const moved = { a: 0, b: 0 };
    for (const name of ['a', 'b'] as const) {
      progress.report({ kind: 'started', step: `copy image to ${name}` });
      const read = () => ({ moved: moved[name], size: 100 * 1024 ** 2 });
      progress.report({ kind: 'transfer', step: `copy image to ${name}`, read });
    }
    Object.assign(moved, { a: 40 * 1024 ** 2, b: 100 * 1024 ** 2 });
    await clock.advance(10_000);
    expect(screenOf(text())).toEqual([
      '… copy image to a  10 s  40 % of 100 MiB  4 MiB/s  15 s left',
      '… copy image to b  10 s  100 % of 100 MiB, being stored',
    ]);
    progress.stop();
  });

  test('the live line of a wait shows how long it may last and the state seen last', async () => {
    const { progress, clock, text } = show(true, 80);
    const endsAt = clock.now() + 600_000;
    let seen = 'BUILD, spawning';
    progress.report({ kind: 'started', step: 'wait for server' });
    const read = () => ({ seen, leftMs: endsAt - clock.now() });
    progress.report({ kind: 'wait', step: 'wait for server', read });
    await clock.advance(12_000);
    expect(screenOf(text())).toEqual(['… wait for server  12 s  at most 9 min 48 s more  BUILD, spawning']);
    seen = '';
    await clock.advance(1000);
    expect(screenOf(text())).toEqual(['… wait for server  13 s  at most 9 min 47 s more']);
    progress.report({ kind: 'finished', step: 'wait for server', seconds: 13 });
    expect(screenOf(text())).toEqual(['✓ wait for server  13.0 s', '']);
  });

  test('a transfer replaces the wait of its step', () => {
    const { progress, text } = show(true, 80);
    progress.report({ kind: 'started', step: 'copy' });
    progress.report({ kind: 'wait', step: 'copy', read: () => ({ seen: 'queued', leftMs: 1000 }) });
    progress.report({ kind: 'transfer', step: 'copy', read: () => ({ moved: 1, size: undefined }) });
    expect(screenOf(text())).toEqual(['… copy  0 s  1 bytes  0 bytes/s']);
    progress.stop();
  });

  test('more steps than fit are counted', () => {
    const { progress, text } = show(true);
    for (let count = 1; count <= 11; count++) progress.report({ kind: 'started', step: `copy ${count}` });
    const lines = screenOf(text());
    expect([lines.length, lines[0], lines[1]]).toEqual([9, '… and 3 more', '… copy 4  0 s']);
    progress.stop();
  });

  test('a heading stays above the steps', () => {
    const { progress, text } = show(true);
    const heading: ProgressEvent = { kind: 'heading', step: 'create server', text: 'builds n (by hand)' };
    for (const event of [STARTED, heading, FINISHED]) progress.report(event);
    expect(screenOf(text())).toEqual(['builds n (by hand)', '✓ create server  3.2 s', '']);
  });

  test('a finished step keeps its last note', () => {
    const { progress, text } = show(true);
    const note: ProgressEvent = { kind: 'note', step: 'create server', text: 'flavor m1' };
    for (const event of [STARTED, note, FINISHED]) progress.report(event);
    expect(screenOf(text())).toEqual(['✓ create server  3.2 s  flavor m1', '']);
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
