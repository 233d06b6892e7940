import { describe, expect, test } from '@jest/globals';
import type { ProgressEvent } from '../../../src/model/job/progress.ts';
import { lastStepOf } from '../../../src/model/job/progress-lines.ts';
import { createJsonProgress } from '../../../src/system/log/json-progress.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function show() {
  let text = '';
  const progress = createJsonProgress({ write: (more) => (text += more), clock: new ManualClock() });
  return { progress, text: () => text };
}
const STARTED: ProgressEvent = { kind: 'started', step: 'create server' };
const NOTE: ProgressEvent = { kind: 'note', step: 'create server', text: 'BUILD,\nspawning' };

describe('progress as JSON', () => {
  test.each<[ProgressEvent, object]>([
    [STARTED, { message: 'step started', fields: { step: 'create server' } }],
    [NOTE, { message: 'step note', fields: { step: 'create server', text: 'BUILD,\nspawning' } }],
    [
      { kind: 'finished', step: 's', seconds: 3.2 },
      { message: 'step finished', fields: { step: 's', seconds: 3.2 } },
    ],
    [
      { kind: 'failed', step: 's', seconds: 3, reason: 'no' },
      { message: 'step failed', fields: { step: 's', seconds: 3, reason: 'no' } },
    ],
  ])('the event %j is written on one line', (event, expected) => {
    const { progress, text } = show();
    progress.report(event);
    expect(text()).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(text())).toEqual({ time: expect.any(String), level: 'info', ...expected });
  });

  test('a repeated event is written once', () => {
    const { progress, text } = show();
    for (const event of [STARTED, NOTE, NOTE, NOTE]) progress.report(event);
    expect(text().trim().split('\n')).toHaveLength(2);
  });

  test('printed lines pass through, and events after stop are ignored', () => {
    const { progress, text } = show();
    progress.print('a line\n');
    progress.stop();
    progress.report(STARTED);
    progress.print('another\n');
    expect(text()).toBe('a line\nanother\n');
  });

  test('lastStepOf reads the running step from the output', () => {
    const { progress, text } = show();
    progress.report(STARTED);
    progress.report({ kind: 'started', step: 'copy image to a "b"\\' });
    expect(lastStepOf(text())).toBe('copy image to a "b"\\');
    progress.report({ kind: 'finished', step: 'copy image to a "b"\\', seconds: 1 });
    expect(lastStepOf(text())).toBe('create server');
  });

  test('a password in a URL is not written', () => {
    const { progress, text } = show();
    progress.report({ kind: 'failed', step: 's', seconds: 1, reason: 'https://u:word-MARKED@h/ is away' });
    expect(text()).not.toMatch('MARKED');
  });
});
