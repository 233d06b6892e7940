import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lastStepOf } from '../../src/model/progress-lines.ts';

fc.configureGlobal({ seed: 20261121 }); // what passes once passes always

const line = (kind: string, step: string): string =>
  JSON.stringify({
    time: '2026-11-21T08:00:00.000Z',
    level: 'info',
    message: `step ${kind}`,
    fields: { step },
  });
const log = (...events: readonly (readonly [string, string])[]): string =>
  events.map(([kind, step]) => `${line(kind, step)}\n`).join('');

describe('the step that a job is at', () => {
  test.each([
    ['is none before the first', log(), ''],
    ['is the one that has started', log(['started', 'a']), 'a'],
    ['is the last that has started', log(['started', 'a'], ['finished', 'a'], ['started', 'b']), 'b'],
    ['is the last that runs, of several', log(['started', 'a'], ['started', 'b'], ['failed', 'b']), 'a'],
    ['is the last one told of, when none runs', log(['started', 'a'], ['finished', 'a']), 'a'],
    [
      'is the outer one again, after an inner',
      log(['started', 'a'], ['started', 'b'], ['finished', 'b']),
      'a',
    ],
    ['is one that a note tells of, whose start is cut off', log(['note', 'a'], ['finished', 'z']), 'a'],
    ['is a later start rather than an earlier one’s note', log(['started', 'b'], ['note', 'a']), 'b'],
    ['is one that runs for the second time', log(['started', 'a'], ['finished', 'a'], ['started', 'a']), 'a'],
  ])('%s', (_, text, step) => {
    expect(lastStepOf(text)).toBe(step);
  });

  test('is told by whole lines alone, whatever else is there', () => {
    const others = ['', 'x', 'null', '[]', '1', '{"fields": null}', '{"message": "step started"}'];
    const odd = [
      '{"message": "step started", "fields": {"step": 1}}',
      '{"message": "cloud answered", "fields": {"step": "no"}}',
      '{"message": "step begun", "fields": {"step": "no"}}',
    ];
    const text = [line('started', 'a'), ...others, ...odd, line('started', 'b').slice(0, -1)].join('\n');
    expect(lastStepOf(text)).toBe('a');
  });

  test('is the same or an earlier one, wherever the log is cut', () => {
    const whole = log(['started', 'a'], ['finished', 'a'], ['started', 'b'], ['started', 'c']);
    fc.assert(
      fc.property(fc.nat(whole.length), (end) => {
        expect(['', 'a', 'b', 'c']).toContain(lastStepOf(whole.slice(0, end)));
        expect(['', 'a', 'b', 'c']).toContain(lastStepOf(whole.slice(end)));
      }),
    );
  });
});
