import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lastStepOf, listCopiesOf, listSteps } from '../../../src/model/job/progress-lines.ts';

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

test('listCopiesOf returns the clouds of copies that have started and not ended', () => {
  const line = (message: string, step: string): string => JSON.stringify({ message, fields: { step } });
  const log = [
    line('step started', 'create snapshot'),
    line('step started', 'copy image to red'),
    line('step started', 'copy image to blue'),
    line('step started', 'copy image to far away'),
    line('step finished', 'copy image to red'),
    line('step failed', 'copy image to far away'),
  ];
  expect(listCopiesOf(log.join('\n'))).toEqual(['blue']);
  expect(listCopiesOf('')).toEqual([]);
});

describe('listSteps', () => {
  const at = (time: string, kind: string, fields: object): string =>
    `${JSON.stringify({ time: `2026-11-21T08:${time}Z`, message: `step ${kind}`, fields })}\n`;
  const timeOf = (time: string): number => Date.parse(`2026-11-21T08:${time}Z`);

  test('The steps of a job are listed with start, duration, last note and reason of failure', () => {
    const text = [
      at('00:00', 'started', { step: 'a' }),
      at('00:10', 'finished', { step: 'a', seconds: 10.1 }),
      at('00:20', 'started', { step: 'b' }),
      at('00:21', 'started', { step: 'c' }),
      at('00:25', 'failed', { step: 'c', seconds: 4, reason: 'no host' }),
      at('00:30', 'note', { step: 'b', text: '40 %' }),
    ].join('');
    expect(listSteps(text)).toEqual([
      { step: 'a', state: 'finished', startedAt: timeOf('00:00'), seconds: 10.1, text: '' },
      { step: 'b', state: 'running', startedAt: timeOf('00:20'), seconds: undefined, text: '40 %' },
      { step: 'c', state: 'failed', startedAt: timeOf('00:21'), seconds: 4, text: 'no host' },
    ]);
  });

  test('A repeated step has its last state', () => {
    const text = [
      at('00:00', 'started', { step: 'a' }),
      at('00:10', 'failed', { step: 'a', seconds: 10, reason: 'x' }),
      at('00:20', 'started', { step: 'a' }),
    ].join('');
    expect(listSteps(text)).toEqual([
      { step: 'a', state: 'running', startedAt: timeOf('00:20'), seconds: undefined, text: '' },
    ]);
  });

  test('A step whose start is not in this part of the log began before its end by its duration', () => {
    expect(listSteps(at('00:10', 'finished', { step: 'a', seconds: 4 }))[0]?.startedAt).toBe(timeOf('00:06'));
    expect(listSteps(at('00:10', 'note', { step: 'a', text: 'x' }))[0]?.startedAt).toBeUndefined();
  });
});
