import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lastStepOf } from '../../src/model/progress-lines.ts';

fc.configureGlobal({ seed: 20261121 }); // the same cases in each run

const line = (kind: string, step: string): string =>
  JSON.stringify({
    time: '2026-11-21T08:00:00.000Z',
    level: 'info',
    message: `step ${kind}`,
    fields: { step },
  });
const log = (...events: readonly (readonly [string, string])[]): string =>
  events.map(([kind, step]) => `${line(kind, step)}\n`).join('');

describe('lastStepOf', () => {
  test.each([
    ['empty before the first step', log(), ''],
    ['the only started step', log(['started', 'a']), 'a'],
    ['the last started step', log(['started', 'a'], ['finished', 'a'], ['started', 'b']), 'b'],
    [
      'the last running step after a failed one',
      log(['started', 'a'], ['started', 'b'], ['failed', 'b']),
      'a',
    ],
    ['the last step in the log when no step runs', log(['started', 'a'], ['finished', 'a']), 'a'],
    [
      'the outer step after its inner step has finished',
      log(['started', 'a'], ['started', 'b'], ['finished', 'b']),
      'a',
    ],
    ['a step that has a note but no start', log(['note', 'a'], ['finished', 'z']), 'a'],
    ['a started step rather than an older step with a note', log(['started', 'b'], ['note', 'a']), 'b'],
    ['a step that runs a second time', log(['started', 'a'], ['finished', 'a'], ['started', 'a']), 'a'],
  ])('The current step of a job is %s', (_, text, step) => {
    expect(lastStepOf(text)).toBe(step);
  });

  test('Incomplete lines and other lines do not affect the current step', () => {
    const others = ['', 'x', 'null', '[]', '1', '{"fields": null}', '{"message": "step started"}'];
    const similar = [
      '{"message": "step started", "fields": {"step": 1}}',
      '{"message": "cloud answered", "fields": {"step": "no"}}',
      '{"message": "step begun", "fields": {"step": "no"}}',
    ];
    const text = [line('started', 'a'), ...others, ...similar, line('started', 'b').slice(0, -1)].join('\n');
    expect(lastStepOf(text)).toBe('a');
  });

  test('A part of a log gives one of its steps or none, wherever the log is cut', () => {
    const whole = log(['started', 'a'], ['finished', 'a'], ['started', 'b'], ['started', 'c']);
    fc.assert(
      fc.property(fc.nat(whole.length), (end) => {
        expect(['', 'a', 'b', 'c']).toContain(lastStepOf(whole.slice(0, end)));
        expect(['', 'a', 'b', 'c']).toContain(lastStepOf(whole.slice(end)));
      }),
    );
  });
});
